# SPDX-License-Identifier: GPL-2.0-only
"""A map without content, as far as tools look before their first wait."""


class Leaf:
    """A value whose members are all 0."""

    value = 0

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return 0


class Table:
    """Takes everything, holds nothing."""

    def __init__(self, name):
        self.name = name

    def __getitem__(self, _key):
        return Leaf()

    def __setitem__(self, _key, _value):
        pass

    def __delitem__(self, _key):
        pass

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def items(self):
        return []

    keys = values = items

    @staticmethod
    def Key(*_values):
        return 0

    @staticmethod
    def Leaf(*_values):
        return Leaf()

    def _nothing(self, *_args, **_named):
        return None

    open_perf_buffer = open_ring_buffer = open_perf_event = _nothing
    print_log2_hist = print_linear_hist = print_json_hist = _nothing
    zero = clear = pop = update = _nothing

    def walk(self, _stack_id, resolve=None):
        return []

    def items_lookup_batch(self):
        return []

    items_lookup_and_delete_batch = items_lookup_batch

    def sum(self, _key):
        return Leaf()

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * held.c - owns the choice of functions that are loaded without being
 * attached. Knows no ELF and no attach files.
 */
#include "held.h"

#include "bpf/error.h"
#include "bpf/probes/kinds.h"
#include "bpf/object/slots.h"
#include "bpf/object/version.h"
#include "bpf/compiler/job.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

static uint32_t program_id(int fd)
{
	struct bpf_prog_info info = {};
	uint32_t n_bytes = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &n_bytes) ? 0 : info.id;
}

/*
 * A BCC function has the type of what it is put on. One that others call has
 * theirs: that of the first which names its target.
 */
static const struct object_function *type_giver(
	const struct version *version, const struct object_function *function)
{
	const GPtrArray *all = object_functions(version_object(version));

	for (guint i = 0; !function->type && i < all->len; i++) {
		const struct object_function *other = all->pdata[i];

		if (other->type)
			return other;
	}
	return function;
}

/* Its descriptor, kept by @version, or -1. */
static int hold(struct version *version, const struct object_function *function,
		GError **error)
{
	const struct object_function *giver = type_giver(version, function);
	const struct load_request request = {
		.function = function->name,
		.entry = function->name,
		.type = giver->type ? giver->type : BPF_PROG_TYPE_KPROBE,
		.attach_type = giver->attach_type,
	};
	int fd = version_load(version, &request, error);

	if (fd >= 0)
		version_keep(version, fd);
	return fd;
}

/* Of a type that libbpf knows and the tree has no directory for. */
static bool is_of_no_kind(const struct object_function *function)
{
	const struct kind_section *row;
	g_autofree char *target = NULL;

	return function->type != BPF_PROG_TYPE_UNSPEC &&
	       !function->is_optional &&
	       !g_str_has_prefix(function->section, JOB_SECTION_PREFIX) &&
	       !kind_of_section(function->section, &row, &target);
}

static bool hold_unattached(struct version *version, GString *notes,
			    GError **error)
{
	const GPtrArray *functions = object_functions(version_object(version));

	for (guint i = 0; i < functions->len; i++) {
		const struct object_function *function = functions->pdata[i];
		int fd;

		if (!is_of_no_kind(function))
			continue;
		fd = hold(version, function, error);
		if (fd < 0)
			return false;
		g_string_append_printf(
			notes,
			"%s is loaded, but nothing attaches it: SEC(\"%s\") is "
			"of no kind that this tree has (for bpftool it is "
			"program id %u)\n",
			function->name, function->section, program_id(fd));
	}
	return true;
}

static bool hold_slot(struct version *version, const struct slot *slot,
		      GError **error)
{
	const struct object_function *function =
		object_function(version_object(version), slot->function);
	int fd;

	if (!function) {
		probefs_set_error(error, EINVAL,
				  "%s[%u]: %s is not a BPF program, so it "
				  "cannot be called by a tail call",
				  slot->map, slot->index, slot->function);
		return false;
	}
	fd = hold(version, function, error);
	return fd >= 0 &&
	       version_set_slot(version, slot->map, slot->index, fd, error);
}

bool held_load(struct version *version, GString *notes, GError **error)
{
	const GPtrArray *slots = object_slots(version_object(version));

	for (guint i = 0; i < slots->len; i++)
		if (!hold_slot(version, slots->pdata[i], error))
			return false;
	return hold_unattached(version, notes, error);
}

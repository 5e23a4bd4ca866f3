#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2154
load ../helpers

# Random commands of several users on a few names, and after each round of them
# what must hold whatever they did: tests/lib/property. PROBEFS_PROPERTY_ROUNDS:
# how many rounds; PROBEFS_PROPERTY_SEED: of the first one.

# With sanitizers each takes several times as long.
n_rounds=50
[[ $build != *asan* ]] || n_rounds=5 patience=60
rounds=${PROBEFS_PROPERTY_ROUNDS:-$n_rounds}
seed=${PROBEFS_PROPERTY_SEED:-$((RANDOM * 32768 + RANDOM))}

daemon_s=$((daemon_s + rounds * 10))

write_sources() {
	source_file one.c <<-'END'
		int hello(void *ctx) { bpf_trace_printk("one\n"); return 0; }
		int only_one(void *ctx) { return 0; }
	END
	source_file two.c <<-'END'
		BPF_HASH(seen, u32);
		int hello(void *ctx) { u32 one = 1; seen.increment(one); return 0; }
		TRACEPOINT_PROBE(sched, sched_process_exit)
		{
			bpf_trace_printk("two\n");
			return 0;
		}
	END
	long_c 1000
	mv "$src/long.c" "$src/slow.c"
	echo 'int hello(void *ctx) { return nothing; }' >"$src/bad.c"
	# The compiler takes it, the kernel does not.
	source_file refused.c <<-'END'
		int hello(void *ctx) { return 0; }
		TRACEPOINT_PROBE(sched, sched_process_fork)
		{
			asm volatile("r1 = 0; r0 = *(u64 *)(r1 + 0)" ::: "r0", "r1");
			return 0;
		}
	END
}

# learn FILE: the functions that it has when it is alone, in FILE.functions.
learn() {
	user "cp \$src/$1 progs/learn.${1##*.}"
	cat progs/learn/functions >"$src/$1.functions"
	[ -s "$src/$1.functions" ]
	[ "$1" != one.c ] || cat progs/learn/object >"$src/good.o"
	user 'rm progs/learn.*'
}

holds_nothing() { ! grep -qE '^(prog|link|map)_id:' "/proc/$daemon_pid/fdinfo/"*; }

# many_rounds USERS PERCENT-SIGNALLED
many_rounds() {
	needs tracepoints dash
	echo "# seed $seed, $rounds rounds" >&3
	write_sources
	learn one.c
	learn two.c
	learn slow.c
	learn good.o
	refused EINVAL 'cp $src/refused.c progs/learn.c'
	user 'rm progs/learn.c'
	eventually holds_nothing
	"$build/tests/lib/property/property" "$daemon_pid" "$rounds" "$seed" "$@" "$patience" >"$src/result" ||
		fail "$(cat "$src/result")"
	grep "^#" "$src/result" >&3
}

@test "random commands and random signals" {
	many_rounds 3 50
}

@test "random commands in parallel" {
	many_rounds 6 0
}

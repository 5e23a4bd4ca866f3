#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# uprobes/PATH/FUNCTION and uretprobes: functions of programs and libraries.

case_setup() {
	[ -e /sys/bus/event_source/devices/uprobe/type ] || skip "this kernel has no uprobes"
	mount_probefs
}

# A program of our own, at $src/target: for each line it reads it calls
# work_on(length, line), which returns twice the length, and work_off().
target() {
	source_file target.c <<-'END'
		#include <stdio.h>
		#include <string.h>

		__attribute__((noinline)) int work_on(int n, const char *line)
		{
			__asm__ volatile("" ::"r"(line) : "memory");
			return 2 * n;
		}
		__attribute__((noinline)) int work_off(int n)
		{
			__asm__ volatile("" ::: "memory");
			return n + 1;
		}
		int main(void)
		{
			char line[64];
			int sum = 0;

			while (fgets(line, sizeof(line), stdin)) {
				line[strcspn(line, "\n")] = 0;
				sum += work_on((int)strlen(line), line);
				sum += work_off(sum);
			}
			return sum < 0;
		}
	END
	cc -O1 -g -o "$src/target" "$src/target.c"
	at=${src#/}/target
	export at
}

work_c() {
	source_file work.c <<-END
		#include <uapi/linux/ptrace.h>

		int on_work(struct pt_regs *ctx, int n, const char *line)
		{
			char copy[32];

			bpf_probe_read_user_str(copy, sizeof(copy), line);
			bpf_trace_printk("${1:-work} %d %s\\n", n, copy);
			return 0;
		}
		int on_return(struct pt_regs *ctx)
		{
			bpf_trace_printk("returns %d\\n", (int)PT_REGS_RC(ctx));
			return 0;
		}
		int also(void *ctx)
		{
			bpf_trace_printk("also\\n");
			return 0;
		}
	END
	user 'cp $src/work.c progs/'
	shows progs/work/errors
}

run_target() { printf '%s\n' "$@" | "$src/target"; }
lines_are() { [ "$(wc -l <"$2")" -eq "$1" ]; }

@test "a function's arguments and what it returns" {
	target
	work_c
	user 'echo on_work > uprobes/$at/work_on'
	user 'echo on_return > uretprobes/$at/work_on'
	shows "uprobes/$at/work_on" work:on_work
	shows attached "uprobes/$at/work_on"$'\twork:on_work' \
		"uretprobes/$at/work_on"$'\twork:on_return'
	run_target hello
	event progs/work/output '^work 5 hello$'
	event progs/work/output '^returns 10$'
	user 'rm progs/work.c'
	shows attached
}

@test "a replacement is one transaction, and ! takes one away" {
	target
	work_c
	user 'echo on_work > uprobes/$at/work_on'
	user 'echo also >> uprobes/$at/work_on'
	shows "uprobes/$at/work_on" work:on_work work:also
	refused ENOENT 'echo nothing > uprobes/$at/work_on'
	shows "uprobes/$at/work_on" work:on_work work:also
	user 'cat uprobes/$at/work_on > $src/saved'
	user "echo '!on_work' >> uprobes/\$at/work_on"
	shows "uprobes/$at/work_on" work:also
	run_target a
	event progs/work/output '^also$'
	no_event progs/work/output '^work'
	user 'cat $src/saved > uprobes/$at/work_on'
	shows "uprobes/$at/work_on" work:on_work work:also
	user ': > uprobes/$at/work_on'
	shows attached
}

@test "a new source takes over, and no call is missed" {
	target
	work_c
	user 'echo on_work > uprobes/$at/work_on'
	run_target one
	event progs/work/output '^work 3 one$'
	work_c labour
	shows "uprobes/$at/work_on" work:on_work
	run_target two
	event progs/work/output '^labour 3 two$'
}

@test "the calls of one process alone" {
	target
	work_c
	mkfifo "$src/fifo"
	"$src/target" <"$src/fifo" 3>&- &
	local pid=$!
	streams+=("$pid")
	exec 7>"$src/fifo"
	user "echo on_work pid=$pid > uprobes/\$at/work_on"
	shows "uprobes/$at/work_on" "work:on_work pid=$pid"
	run_target other
	echo mine >&7
	event progs/work/output '^work 4 mine$'
	no_event progs/work/output other
	exec 7>&-
	refused ESRCH 'echo on_work pid=4194303 >> uprobes/$at/work_off'
	says errors 'there is no process 4194303'
}

@test "an offset, an address and a pattern" {
	target
	work_c
	local address
	address=0x$(nm "$src/target" | awk '$3 == "work_off" { sub(/^0+/, "", $1); print $1 }')
	user 'echo also > uprobes/$at/work_on+0x0'
	run_target a
	event progs/work/output '^also$'
	user 'find uprobes/$at -type f -size +0'
	[ "$output" = "uprobes/$at/work_on+0x0" ]
	user ': > uprobes/$at/work_on+0x0'
	user ': > output'
	user "echo also > uprobes/\$at/$address"
	run_target a
	event progs/work/output '^also$'
	user ": > uprobes/\$at/$address"
	user ': > output'
	user "echo also > 'uprobes/$at/work_o*'"
	shows attached "uprobes/$at/work_o*"$'\twork:also'
	stream progs/work/output lines
	run_target a
	eventually lines_are 2 "$src/lines"
}

# milliseconds COMMAND-LINE: how long a user waits for it.
milliseconds() {
	local before=${EPOCHREALTIME/./}
	user "$1"
	took=$(((${EPOCHREALTIME/./} - before) / 1000))
}

@test "sixty probes are removed about as fast as one" {
	{
		printf '__attribute__((noinline)) void f%d(void) { __asm__(""); }\n' {1..60}
		echo 'int main(void) { return 0; }'
	} | source_file many.c
	cc -O0 -o "$src/many" "$src/many.c"
	hello_c
	user 'cp $src/hello.c progs/'
	user 'echo hello > uprobes/$src/many/f1'
	milliseconds 'echo !hello >> uprobes/$src/many/f1'
	one=$took
	user 'echo hello > "uprobes/$src/many/f*"'
	milliseconds 'echo !hello >> "uprobes/$src/many/f*"'
	# One by one it is 20 times as long and more.
	[ "$took" -lt $((8 * one + 300)) ] || fail "one took $one ms, a pattern of 60 $took ms"
	for f in {1..30}; do
		echo hello >"uprobes/$src/many/f$f"
	done
	# rm does not wait for it, but the next write does.
	milliseconds 'rm progs/hello.c; : > uprobes/$src/many/f1'
	[ "$took" -lt $((8 * one + 300)) ] || fail "one took $one ms, 30 with their program $took ms"
}

@test "directories show what is attached, and files show functions" {
	target
	user 'ls uprobes/$at'
	[[ $output == *work_off* && $output == *main* ]]
	# A walk of the tree is none of the disk.
	[ -d uprobes/usr/bin ]
	user 'ls uprobes uprobes/usr/bin'
	[[ $output != *bash* ]]
	user 'find uprobes'
	[ "$output" = uprobes ]
	work_c
	user 'echo also > uprobes/$at/work_on'
	user 'ls uprobes/${src#/}'
	[ "$output" = target ]
	user 'find uprobes -type f -size +0'
	[ "$output" = "uprobes/$at/work_on" ]
}

@test "a library by its name alone" {
	target
	work_c
	user 'echo also > uprobes/c/fgets'
	shows uprobes/c/fgets work:also
	run_target a
	event progs/work/output '^also$'
	user 'echo also > uprobes/libc.so.6/fputs'
	[ -d uprobes/bash ]
	user 'find uprobes/c -type f -size +0'
	[ "$output" = uprobes/c/fgets ]
}

@test "a function that only chooses another is not traced in vain" {
	readelf -Ws --dyn-syms "$(ldconfig -p | awk '$1 == "libc.so.6" { print $NF; exit }')" |
		grep -q 'IFUNC.* strlen@' || skip "strlen is one function here"
	work_c
	refused EOPNOTSUPP 'echo also > uprobes/c/strlen'
	says errors 'strlen only chooses one of several functions'
	user 'ls uprobes/c'
	[[ $output != *$'\nstrlen\n'* ]]
}

@test "a section names its target, as libbpf has it" {
	target
	source_file tool.c <<-END
		#include "vmlinux.h"
		#include <bpf/bpf_helpers.h>
		#include <bpf/bpf_tracing.h>

		SEC("uprobe/$src/target:work_on")
		int BPF_KPROBE(enters, int n, const char *line)
		{
			bpf_printk("enters %d", n);
			return 0;
		}
		SEC("uretprobe/$src/target:work_on")
		int BPF_KRETPROBE(leaves, int n)
		{
			bpf_printk("leaves %d", n);
			return 0;
		}
		SEC("uprobe/some_label")
		int waits(struct pt_regs *ctx) { return 0; }
		char LICENSE[] SEC("license") = "GPL";
	END
	user 'cp $src/tool.c progs/'
	shows progs/tool/errors
	shows attached "uprobes/$at/work_on"$'\ttool:enters' \
		"uretprobes/$at/work_on"$'\ttool:leaves'
	says progs/tool/functions "^waits.*uprobes uretprobes usdt"
	run_target hello
	event progs/tool/output '^enters 5$'
	event progs/tool/output '^leaves 10$'
}

@test "a mistake gets a sentence" {
	target
	work_c
	refused ENOENT 'echo also > uprobes/$at/work_no'
	says errors 'has no function work_no; did you mean work_on\?'
	refused ENOENT 'echo also > uprobes/usr/bni/ls/main'
	says errors 'no such file or directory /usr/bni; did you mean bin\?'
	refused EINVAL 'echo also > uprobes/$at/work_on+0x9999'
	says errors 'work_on is only [0-9]+ bytes long'
	refused EINVAL 'echo also > uretprobes/$at/work_on+0x0'
	says errors 'a uretprobe has no offset'
	refused EINVAL 'echo also > uprobes/$at/0x1'
	says errors '0x1 is in no code of the file'
	refused EINVAL 'echo also > uprobes/${src#/}/work.c/main'
	says errors 'it is neither a program nor a library'
	refused ENOENT "echo also > 'uprobes/$at/wrok_*'"
	says errors 'wrok_\* matches 0 of its functions'
	shows attached
}

@test "a mistake below a link names the path once" {
	mkdir "$src/real"
	ln -s real "$src/link"
	refused ENOENT 'ls uprobes/$src/link/nothing'
	says errors "no such file or directory $src/real/nothing"
}

@test "a program of another type does not fit" {
	target
	source_file other.c <<-'END'
		TRACEPOINT_PROBE(sched, sched_process_exec) { return 0; }
	END
	user 'cp $src/other.c progs/'
	refused EINVAL 'echo tracepoint__sched__sched_process_exec > uprobes/$at/work_on'
	says errors 'cannot be attached in uprobes'
}

# probefs would wait for its own answer.
@test "files of probefs itself and of other FUSE file systems are refused" {
	refused EOPNOTSUPP 'ls uprobes/${M#/}'
	says errors 'is on a file system of type fuse'
	ln -s "$M/README" "$src/link.so"
	refused EOPNOTSUPP 'ls uprobes/${src#/}/link.so'
	hello_c
	user 'cp $src/hello.c progs/'
	refused EOPNOTSUPP 'echo hello > uprobes/${M#/}/README/main'
}

@test "a file that becomes a directory, and one that goes" {
	target
	[ -d "uprobes/${src#/}/target" ]
	[ -f "uprobes/${src#/}/target/work_on" ]
	rm "$src/target"
	[ ! -e "uprobes/${src#/}/target" ]
	[ ! -e "uprobes/${src#/}/target/work_on" ]
	mkdir -p "$src/target/work_on"
	[ -d "uprobes/${src#/}/target/work_on" ]
}

@test "names that not everybody can list are not suggested" {
	mkdir -p "$src/private" && chmod 700 "$src/private" && : >"$src/private/secret"
	mkdir -p "$src/private/open" && : >"$src/private/open/secret"
	run ls "uprobes/${src#/}/private/secreto"
	run ls "uprobes/${src#/}/private/open/secreto"
	says errors 'private/secreto'
	says errors 'open/secreto'
	run ! grep -F 'did you mean secret' errors
}

@test "what a user types in bash, as BCC's bashreadline has it" {
	nm -D /bin/bash | grep -q ' T readline$' || skip "this bash exports no readline"
	source_file lines.c <<-'END'
		#include <uapi/linux/ptrace.h>

		int on_line(struct pt_regs *ctx)
		{
			char line[80];

			bpf_probe_read_user_str(line, sizeof(line), (void *)PT_REGS_RC(ctx));
			bpf_trace_printk("line %s\n", line);
			return 0;
		}
	END
	user 'cp $src/lines.c progs/'
	user 'echo on_line > uretprobes/bin/bash/readline'
	echo 'true typed by a user' | bash --norc -i >/dev/null 2>&1
	event progs/lines/output '^line true typed by a user$'
}

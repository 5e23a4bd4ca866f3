#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers

# Every way to write a file, from every shell: each succeeds on a good source,
# and, where the tool looks at close() or write(), fails on a bad one.

# Tool, what it does with the results ("looks" or not), how it is typed. $new
# is the new source, progs/hello.c the target, which is there already. A rename
# waits for 0.3 s ("late"): where the machine is slow, errors alone tells.
writers() {
	cat <<-'END'
		cp       looks   cp $new progs/hello.c
		cat      looks   cat $new > progs/hello.c
		tee      looks   tee progs/hello.c < $new > /dev/null
		dd       looks   dd if=$new of=progs/hello.c 2>&1
		echo     blind   echo "$(cat $new)" > progs/hello.c
		printf   blind   printf "%s\n" "$(cat $new)" > progs/hello.c
		sed-i    late    sed -i "s/$old_text/$new_text/" progs/hello.c
		vim      blind   $vim -u NONE -es -c "%s/$old_text/$new_text/" -c wq progs/hello.c
		mv       late    cp $new progs/hello.tmp && mv progs/hello.tmp progs/hello.c
		python   looks   python3 -c "with open('progs/hello.c', 'w') as f: f.write(open('$new').read())"
	END
}

shells() {
	echo bash
	command -v dash
	command -v busybox >/dev/null && echo 'busybox sh'
}

case_setup() {
	mount_probefs
	hello_c
	# dash's echo would make a line end of it.
	sed -i 's/\\n//' "$src/hello.c"
	sed 's/Hello/Good day/' "$src/hello.c" >"$src/good.c"
	sed 's/return 0/return nothing/' "$src/hello.c" >"$src/bad.c"
	vim=$(command -v vim || command -v vim.tiny) || vim=
	export vim new old_text new_text
}

good_write() {
	cp "$src/hello.c" progs/hello.c
	new=$src/good.c old_text=Hello new_text='Good day'
	user "$1"
	diff progs/hello.c "$src/good.c"
	eventually no_errors progs/hello/errors
}
no_errors() { [ "$(cat "$1")" = "" ]; }

bad_write() {
	cp "$src/hello.c" progs/hello.c
	new=$src/bad.c old_text='return 0' new_text='return nothing'
	n_before=$(wc -l <errors)
	run timeout "$patience" $user_shell -c "$1"
	[ "$2" != looks ] || [ "$status" -ne 0 ] || fail "\$ $1" "succeeded on a bad source"
	eventually tells_mistake progs/hello/errors || fail "progs/hello/errors has no word of it"
	eventually tells_mistake_anew || fail "errors has no word of it:" "$(cat errors)"
}
tells_mistake() { grep -Eq 'hello.c:[0-9]+:.*nothing' "$1"; }
# A rename's error is about the name that it had, or about the new one.
tells_mistake_anew() { tail -n "+$((n_before + 1))" errors | grep -Eq 'progs/.*hello.c:.*nothing'; }

all_writers() {
	local tool looks line
	while read -r tool looks line; do
		[ "$tool" != vim ] || [ -n "$vim" ] || continue
		case $user_shell in
		busybox*) case $tool in cp | cat | tee | dd | mv | sed-i)
			line="busybox ${line//&& mv/&& busybox mv}" ;;
		esac
			# busybox tee does not look at what close() says.
			[ "$tool" != tee ] || looks=blind ;;
		esac
		# dash and busybox open the file themselves and wait for cat: it is
		# their close() that compiles, and they do not look. Nor does
		# busybox's tee.
		case $user_shell/$tool in
		*dash/cat | busybox*/cat | busybox*/tee) looks=blind ;;
		esac
		echo "# $user_shell: $tool"
		good_write "$line"
		bad_write "$line" "$looks"
	done < <(writers)
}

@test "all writers from bash" { user_shell=bash all_writers; }

@test "all writers from dash" {
	needs dash
	user_shell=dash all_writers
}

@test "all writers from busybox sh, with its own tools" {
	needs busybox
	user_shell='busybox sh' all_writers
}

@test "attach files: echo, printf, tee and cp report errors in every shell" {
	needs tracepoints
	cp "$src/hello.c" progs/
	point=tracepoints/sched/sched_process_fork
	echo nothing >"$src/bad_line"
	echo hello >"$src/good_line"
	while read -r user_shell; do
		for line in "echo LINE > $point" "printf 'LINE\n' > $point" \
			"echo LINE | tee $point > /dev/null" \
			"cp \$src/FILE $point" "cat \$src/FILE > $point" \
			"dd if=\$src/FILE of=$point 2>&1"; do
			good=${line//LINE/hello} bad=${line//LINE/nothing}
			user "${good//FILE/good_line}"
			shows "$point" hello:hello
			says_no "${bad//FILE/bad_line}"
			shows "$point" hello:hello
			user ": > $point"
			shows "$point"
		done
	done < <(shells)
}

# Not everybody says with which errno a write failed.
says_no() {
	case $user_shell/$1 in
	*dash/echo*\|*) refused ENOENT "$1" ;;
	busybox* | *dash/echo* | *dash/printf*)
		run timeout "$patience" $user_shell -c "$1"
		[ "$status" -ne 0 ] || fail "\$ $1" "succeeded"
		;;
	*) refused ENOENT "$1" ;;
	esac
}

@test "a write that child processes flush midway is compiled once whole" {
	user '{ echo "int hello(void *ctx)"; (echo "{"); /bin/echo "return 0;"; echo "}"; } > progs/parts.c'
	shows progs/parts/errors
	[ "$(cat errors)" = "" ]
}

@test "editors' temporary files are plain bytes" {
	user 'echo "some notes" > progs/notes.txt'
	shows progs/notes.txt 'some notes'
	user 'mv progs/notes.txt progs/notes.old && cat progs/notes.old'
	[ "$output" = 'some notes' ]
	user 'rm progs/notes.old'
	user 'ls progs'
	[ "$output" = "" ]
}

@test "touch, chmod and append do no harm" {
	cp "$src/hello.c" progs/
	user 'touch progs/hello.c'
	shows progs/hello/errors
	user 'echo "/* more */" >> progs/hello.c'
	[ "$(tail -n 1 progs/hello.c)" = '/* more */' ]
	shows progs/hello/errors
}

@test "clang writes an object into progs/ itself" {
	needs clang-19
	source_file tool.c <<-'END'
		__attribute__((section("raw_tp"), used)) int on_it(void *ctx)
		{
			return 0;
		}
		__attribute__((section("license"), used)) char LICENSE[] = "GPL";
	END
	# It renames its output into place before it closes it.
	user 'clang-19 -target bpf -g -O2 -c -o progs/tool.o $src/tool.c'
	shows progs/tool/errors
	says progs/tool/functions '^on_it'
	user 'cmp progs/tool.o progs/tool/object'
	user 'ls progs'
	[ "$output" = $'tool\ntool.o' ]
}

attached_to_fork() { echo hello >tracepoints/sched/sched_process_fork; }

@test "a group of commands is one replacement: what comes between does not end it" {
	needs tracepoints
	local point=tracepoints/sched/sched_process_fork shell
	cp "$src/hello.c" progs/
	while read -r shell; do
		user_shell=$shell
		attached_to_fork
		run $shell -c "{ echo note >&2; echo typo; } > $point"
		shows $point hello:hello
		attached_to_fork
		user "{ echo note >&2; echo hello; echo note >&2; } > $point"
		shows $point hello:hello
		user "{ echo note >&2; } > $point"
		shows $point
	done < <(shells)
}

@test "a source that a group of commands writes is compiled when it is whole" {
	local shell
	head -n 2 "$src/hello.c" >"$src/first"
	tail -n +3 "$src/hello.c" >"$src/second"
	while read -r shell; do
		user_shell=$shell
		user '{ cat $src/first; echo note >&2; cat $src/second; } > progs/x.c'
		eventually no_errors progs/x/errors
		! grep 'progs/x' errors || fail "half a source was compiled"
		diff progs/x.c "$src/hello.c"
		rm progs/x.c
	done < <(shells)
}

@test "an empty replacement has happened when the command ends" {
	needs tracepoints
	local point=tracepoints/sched/sched_process_fork
	cp "$src/hello.c" progs/
	attached_to_fork
	user "cp /dev/null $point"
	shows $point
	attached_to_fork
	user ": > $point; cat $point"
	[ "$output" = "" ]
}

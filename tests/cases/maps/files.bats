#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
load ../helpers
load words

# progs/NAME/maps/: what a program knows, read and written by the shell.

case_setup() {
	needs tracepoints
	mount_probefs
	source_file count.c <<-'END'
		struct who { u32 pid; char comm[16]; };
		struct size { u64 n; u64 bytes; };
		struct net { u32 prefixlen; u32 address; };
		BPF_HASH(counts, u32, u64);
		BPF_HASH(sizes, struct who, struct size, 64);
		BPF_ARRAY(slots, u64, 8);
		BPF_PERCPU_ARRAY(each, u64, 2);
		BPF_PERCPU_HASH(each_hash, u32, u64, 8);
		BPF_LRU_HASH(recent, u32, u64, 8);
		BPF_LPM_TRIE(nets, struct net, u64, 8);
		BPF_QUEUE(queue, u32, 4);
		BPF_STACK(stack, u32, 4);
		BPF_HISTOGRAM(took_us);
		BPF_HISTOGRAM(sizes_linear, int, 16);
		BPF_STACK_TRACE(stacks, 16);

		TRACEPOINT_PROBE(syscalls, sys_enter_getpriority)
		{
			u32 who = args->who;
			u64 *found;
			int first = 0;

			if (args->which)
				return 0;
			counts.increment(who);
			took_us.increment(bpf_log2l(who));
			found = each.lookup(&first);
			if (found)
				*found += 1;
			return 0;
		}
	END
	user 'cp $src/count.c progs/'
	cd progs/count/maps
}

@test "what a program counted is read, sorted by number" {
	getpriority 700001 900 900 20
	shows counts $'20\t1' $'900\t2' $'700001\t1'
	[ "$(stat -c %s counts)" = "$(wc -c <counts)" ]
	[ "$(jq -c . counts.json)" = '[{"key":20,"value":1},{"key":900,"value":2},{"key":700001,"value":1}]' ]
	# One that follows at once is new.
	getpriority 20
	shows counts $'20\t2' $'900\t2' $'700001\t1'
}

@test "lines set, delete, replace and clear entries" {
	user 'echo "7 9" >> counts; printf "8 1\n0x9 2\n" >> counts'
	shows counts $'7\t9' $'8\t1' $'9\t2'
	user 'echo "!8" >> counts'
	shows counts $'7\t9' $'9\t2'
	user 'echo "5 5" > counts'
	shows counts $'5\t5'
	user ': > counts'
	shows counts
	user 'echo "pid=3 comm=bash	n=1 bytes=100" >> sizes; echo "{4 \"two words\"} {2 200}" >> sizes'
	shows sizes $'pid=3 comm=bash\tn=1 bytes=100' $'pid=4 comm="two words"\tn=2 bytes=200'
	[ "$(jq -c '.[0].value.bytes' sizes.json)" = 100 ]
}

@test "what was read and is written back restores the map" {
	local map
	getpriority 1 2 2 3
	user 'echo "pid=3 comm=bash	n=1 bytes=100" >> sizes; echo "3 4" >> slots; echo "5 6" >> recent'
	for map in counts sizes slots recent; do
		cat "$map" >"$src/$map"
		[ -s "$src/$map" ]
		user ": > $map; cat $src/$map > $map"
		cmp "$src/$map" "$map"
	done
}

@test "an array shows what is not zero, and all in .all" {
	user 'echo "3 12" >> slots'
	shows slots $'3\t12'
	[ "$(wc -l <slots.all)" = 8 ]
	user 'echo "!3" >> slots'
	shows slots
}

@test "a map for each CPU shows the sum, and the parts in .percpu" {
	getpriority 1 2 3 4 5
	shows each $'0\t5'
	says each.percpu '^0	cpu0=[0-9]+'
	[ "$(grep -o '=[0-9]*' each.percpu | tr -d = | awk '{ n += $1 } END { print n }')" = 5 ]
	user 'echo "1 3" >> each_hash'
	shows each_hash $'1\t3'
}

@test "a histogram is drawn as BCC draws it, and can be written by its numbers" {
	getpriority 1 2 3 4 5 6 7 8
	shows took_us \
		'     us                  : count     distribution' \
		'         0 -> 1          : 1        |**********                              |' \
		'         2 -> 3          : 2        |********************                    |' \
		'         4 -> 7          : 4        |****************************************|' \
		'         8 -> 15         : 1        |**********                              |'
	[ "$(jq -c 'map(.value) | add' took_us.json)" = 8 ]
	user ': > took_us'
	[ "$(jq -c 'map(.value) | add' took_us.json)" = null ]
}

@test "queues, stacks, tries and stacks of calls" {
	user 'printf "1\n2\n" >> queue; printf "1\n2\n" >> stack'
	[ "$(tail -n 1 queue)" = 1 ]
	[ "$(tail -n 1 stack)" = 2 ]
	says queue '^#'
	shows stacks
	user 'echo "10.0.0.0/8 1" >> nets'
	shows nets $'10.0.0.0/8\t1'
}

@test "what is wrong with a line is told, and nothing of the write is done" {
	refused EINVAL 'echo "x 1" >> counts'
	says "$M/errors" 'progs/count/maps/counts uid 0: .*"x" is not a number'
	# bash would write each line by itself.
	printf '1 1\n2\n' >"$src/lines"
	refused EINVAL 'cat $src/lines >> counts'
	refused ERANGE 'echo "1 99999999999999999999" >> counts'
	refused EINVAL 'echo "pid=3	n=1" >> sizes'
	refused ENOENT 'echo "!12345" >> counts'
	refused EINVAL 'echo "nonsense" > counts'
	shows counts
	refused ENOENT 'cat count'
	says "$M/errors" 'no map count; did you mean counts\?'
	refused EACCES 'echo "1 1" > counts.json'
	seq 1 70 | sed 's/.*/{& x} {1 1}/' >"$src/lines"
	refused E2BIG 'cat $src/lines >> sizes'
	shows sizes
}

@test "a program that is removed while its map is open, and one made anew" {
	getpriority 5
	exec 5<counts
	user 'rm $M/progs/count.c'
	[ "$(cat <&5)" = $'5\t1' ]
	exec 5<&-
	refused ENOENT 'cat counts'
	user 'cp $src/count.c $M/progs/'
	shows "$M/progs/count/maps/counts"
}

@test "a replaced source keeps its maps" {
	getpriority 5
	user 'echo "// once more" >> $src/count.c; cp $src/count.c $M/progs/'
	shows counts $'5\t1'
}

@test "100,000 entries are read in one go, and ls does not wait" {
	source_file many.c <<-'END'
		BPF_HASH(many, u32, u64, 200000);
		int nothing(void *ctx) { u32 one = 1; many.increment(one); return 0; }
	END
	user 'cp $src/many.c $M/progs/'
	cd "$M/progs/many/maps"
	seq 100000 | sed 's/$/ 7/' >"$src/lines"
	user 'cat $src/lines > many'
	[ "$(wc -l <many)" = 100000 ]
	[ "$(awk '{ n += $2 } END { print n }' many)" = 700000 ]
	[ "$(jq length many.json)" = 100000 ]
	[ "$(tail -n 1 many)" = $'100000\t7' ]
	user ': > many'
	shows many
}

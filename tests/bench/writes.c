/* Each write(2): who, and how many bytes. */
TRACEPOINT_PROBE(syscalls, sys_enter_write)
{
	char comm[16];

	bpf_get_current_comm(&comm, sizeof(comm));
	bpf_trace_printk("%d %s %lu\n", (int)(bpf_get_current_pid_tgid() >> 32),
			 comm, args->count);
	return 0;
}

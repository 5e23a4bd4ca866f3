/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * database.c - a process that has the USDT probes of a database server, for
 * the tools that look for those: query__start(text) and query__done().
 * Waits until its standard input ends.
 */
#include <unistd.h>

#define NOTE(name, arguments)                                               \
	"990: nop\n"                                                        \
	".pushsection .note.stapsdt, \"\", \"note\"\n"                      \
	".balign 4\n.4byte 992f - 991f, 994f - 993f, 3\n"                   \
	"991: .asciz \"stapsdt\"\n992: .balign 4\n"                         \
	"993: .8byte 990b, 0, 0\n"                                          \
	".asciz \"mysql\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n" \
	"994: .balign 4\n.popsection\n"

int main(void)
{
	char text[64];

	while (read(0, text, sizeof(text)) > 0) {
		__asm__ volatile(NOTE("query__start", "8@%0")::"r"(text)
				 : "memory");
		__asm__ volatile(NOTE("query__done", "")::: "memory");
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracepoint_struct.h - the struct of a tracepoint's arguments, made from
 * tracefs's description of it.
 */
#ifndef PROBEFS_COMPILER_TRACEPOINT_STRUCT_H
#define PROBEFS_COMPILER_TRACEPOINT_STRUCT_H

#include <glib.h>
#include <stdbool.h>

/*
 * "struct tracepoint__SUBSYSTEM__EVENT { … };" of the text of a format file,
 * with BCC's names: a __data_loc field NAME is data_loc_NAME. NULL, EINVAL:
 * the text is not a format.
 */
char *tracepoint_struct(const char *subsystem, const char *event,
			const char *format, GError **error);

#endif

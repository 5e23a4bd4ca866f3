/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * error.h - the one error convention of probefs.
 *
 * A function that can fail returns false, NULL or a negative value as its
 * comment says, and fills a GError of this domain. The code is an errno, the
 * message is the sentence that the user will read: what was wrong, where, and
 * what would be right. It does not end in a full stop or a newline. A message
 * may go on after a newline with supporting material (a verifier log, the
 * compiler's output); its first line must be enough by itself.
 */
#ifndef PROBEFS_BPF_ERROR_H
#define PROBEFS_BPF_ERROR_H

#include <glib.h>

#define PROBEFS_ERROR (probefs_error_quark())

GQuark probefs_error_quark(void);

/* Fill @error (which may be NULL) with errno @err and a formatted sentence. */
void probefs_set_error(GError **error, int err, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/*
 * The errno of @error: its code when it is of our domain, the matching errno
 * for G_FILE_ERROR and G_SPAWN_ERROR, EINVAL for any other. Never 0.
 */
int probefs_error_errno(const GError *error);

#endif

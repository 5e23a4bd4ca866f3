/* SPDX-License-Identifier: GPL-2.0-only */
/* error.c - the GError domain of probefs. Knows nothing else. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>

/* clang-format off: it would take the name for a subtraction */
G_DEFINE_QUARK(probefs - error, probefs_error)
/* clang-format on */

void probefs_set_error(GError **error, int err, const char *format, ...)
{
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	*error = g_error_new_valist(PROBEFS_ERROR, err, format, args);
	va_end(args);
}

static int file_error_errno(int code)
{
	switch (code) {
	case G_FILE_ERROR_NOENT:
		return ENOENT;
	case G_FILE_ERROR_ACCES:
		return EACCES;
	case G_FILE_ERROR_PERM:
		return EPERM;
	case G_FILE_ERROR_EXIST:
		return EEXIST;
	case G_FILE_ERROR_NOSPC:
		return ENOSPC;
	case G_FILE_ERROR_NOMEM:
		return ENOMEM;
	case G_FILE_ERROR_MFILE:
		return EMFILE;
	default:
		return EINVAL;
	}
}

/*
 * What the kernel's parts tell each other (include/linux/errno.h) also comes
 * out of bpf(2). No program knows these numbers, and FUSE does not take an
 * answer with one: whoever waits for it would wait for ever.
 */
static int public_errno(int code)
{
	enum { FIRST_OF_KERNEL = 512, KERNEL_ENOTSUPP = 524 };

	if (code == KERNEL_ENOTSUPP)
		return EOPNOTSUPP;
	return code < FIRST_OF_KERNEL ? code : EIO;
}

int probefs_error_errno(const GError *error)
{
	if (error->domain == PROBEFS_ERROR && error->code > 0)
		return public_errno(error->code);
	if (error->domain == G_FILE_ERROR)
		return file_error_errno(error->code);
	if (error->domain == G_SPAWN_ERROR)
		return ENOEXEC;
	return EINVAL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attachment.h - a function of a program at a probe point.
 *
 * Made and listed in the loop, attached and detached in the worker.
 */
#ifndef PROBEFS_BPF_ATTACHMENT_H
#define PROBEFS_BPF_ATTACHMENT_H

#include "kinds.h"
#include "bpf/object/version.h"

/* A function in the kernel; shared by attachments that need it the same. */
struct instance {
	gatomicrefcount n_refs;
	int fd;
};

struct attachment {
	char *program;
	char *function;
	char *options_text; /* as in struct attach_line */
	char *line;         /* "hello:on_ret maxactive=64" */
	bool is_self;       /* the source names the target */
	bool is_refused;    /* by the kernel */

	struct version *version; /* owned reference */
	struct link_plan *plan;  /* owned */
	/* How the function is loaded; entry is the object's. */
	char *entry;
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;

	struct instance *instance; /* owned reference; NULL: not loaded yet */
	struct link *link;         /* owned; NULL: not attached */
};

/*
 * Check that @function can be attached there and plan it; EINVAL where its
 * type does not fit. Nothing is attached yet. @options_text as in struct
 * attach_line.
 */
struct attachment *attachment_new(struct kind_world *world,
				  struct version *version, const char *function,
				  const struct kind *kind, const char *target,
				  const struct attach_options *options,
				  const char *options_text, GError **error);
/* It must have been detached. Accepts NULL. */
void attachment_free(struct attachment *attachment);

/* Use @other's instance where it was loaded as @attachment needs it. */
void attachment_share(struct attachment *attachment,
		      const struct attachment *other);

/* An array that frees what it holds. */
GPtrArray *attachments_new(void);

/*
 * Attach all of @attachments, in the worker; on failure those already done
 * are detached again.
 */
bool attachments_attach(GPtrArray *attachments, GError **error);
void attachments_detach(GPtrArray *attachments);

/* Is its SEC() of @kind, or its type of program one that @kind takes? */
bool attachment_fits(const struct kind *kind,
		     const struct object_function *function);

/* The functions that a user sees: no variants. Borrowed from the object. */
GPtrArray *object_user_functions(const struct object *object);

#endif

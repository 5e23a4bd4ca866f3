/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * version.h - one successful compile of a program, in the kernel: its maps,
 * made once, and the functions loaded from it, each when it is needed.
 *
 * Functions here call the kernel and may wait; they run in the worker. A
 * version itself does not change once made (the reference count is atomic),
 * but for the count of its attachments.
 */
#ifndef PROBEFS_BPF_VERSION_H
#define PROBEFS_BPF_VERSION_H

#include "object.h"

struct probefs_control;
struct version;

/*
 * Load the maps of @object (taken over, also on failure). A map that @old
 * (may be NULL) has under the same name with the same types is shared with
 * it. @ring_bytes: size of the ring map; @ring_fd: such a map that is there
 * already and that nobody else uses (duplicated), or -1.
 */
struct version *version_new(struct object *object, const struct version *old,
			    uint64_t ring_bytes, int ring_fd, GError **error);
struct version *version_ref(struct version *version);
void version_unref(struct version *version);

const struct object *version_object(const struct version *version);

/* The mapped control variable, or NULL. */
struct probefs_control *version_control(const struct version *version);
/*
 * Its program was removed: nobody sees its attachments any more, though some
 * may still be there. In the loop.
 */
void version_retire(struct version *version);
bool version_is_retired(const struct version *version);
/*
 * An attachment of the version is about to be made, has been made with
 * @cookie, is gone: the only one's cookie is told to the program. In the loop,
 * but for the first.
 */
void version_expect_attachment(struct version *version);
void version_add_attachment(struct version *version, uint64_t cookie);
void version_drop_attachment(struct version *version);
/* One of its maps, borrowed; -1: it has none of that name. */
int version_map_fd(const struct version *version, const char *name);
/* A map that its user made, as the tree shows it; all borrowed. */
struct version_map_shown {
	const char *name;
	int fd;
	const struct bpf_map_info *info;
	uint32_t key_type_id; /* in the object's .BTF; 0: none */
	uint32_t value_type_id;
	bool is_histogram; /* BCC's BPF_HISTOGRAM */
};

/* The one with the number @index, from 0 on; false: there are no more. */
bool version_map_shown(const struct version *version, guint index,
		       struct version_map_shown *map);
/* A global variable of its user's, a part of a map's only value; borrowed. */
struct version_variable {
	const char *name;
	const char *section; /* of the object */
	int fd;
	uint32_t map_bytes;
	uint32_t offset;
	uint32_t n_bytes;
	uint32_t type_id; /* in the object's .BTF */
	bool is_constant;
};

/* In no order; false: there are no more. */
bool version_variable(const struct version *version, guint index,
		      struct version_variable *variable);
/* The ring map, borrowed; -1: it sends no events. */
int version_ring_fd(const struct version *version);
uint64_t version_ring_bytes(const struct version *version);
/* What the version's maps take, by the kernel's count. */
uint64_t version_memory_bytes(const struct version *version);
guint version_n_maps(const struct version *version);

/* Keep a loaded function's descriptor (taken over) as long as the version;
 * before others have the version. */
void version_keep(struct version *version, int fd);
/* Put a loaded function into a program array. EINVAL, ENOENT. */
bool version_set_slot(const struct version *version, const char *map,
		      uint32_t index, int fd, GError **error);

/* How a function is to be loaded. */
struct load_request {
	const char *function; /* the user's name */
	const char *entry;    /* the function or a variant of it */
	enum bpf_prog_type type;
	enum bpf_attach_type attach_type;
	const char *attach_target; /* of tracing programs, or NULL */
};

/*
 * Load one function; the program's descriptor, or -1. EINVAL when the
 * verifier refuses, with a sentence that names the user's line and the log
 * below it.
 */
int version_load(const struct version *version,
		 const struct load_request *request, GError **error);

#endif

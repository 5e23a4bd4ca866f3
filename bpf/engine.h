/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - all that the file system may know of the tracing engine.
 *
 * The engine owns programs, attachments and streams. It runs in the thread of
 * the default GMainContext; every function here is called from that thread
 * and every callback comes in it. Work that waits (compiling, loading,
 * attaching, detaching) runs elsewhere and ends in a callback, which may come
 * before the function that started it returns only where this is said.
 *
 * Strings and arrays given to a function are borrowed for the call, results
 * are owned by the caller, unless the comment says otherwise.
 */
#ifndef PROBEFS_BPF_ENGINE_H
#define PROBEFS_BPF_ENGINE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

struct engine;

/* @error is NULL on success; it is borrowed for the call. */
typedef void (*engine_done_fn)(const GError *error, void *data);

struct engine_config {
	const char *compiler;        /* path of probefs-compile */
	const char *include_dir;     /* what BPF programs include */
	uint64_t ring_bytes;         /* a program's ring; 0: from memory */
	uint64_t backlog_bytes;      /* a program's backlog; 0: from memory */
	bool allow_changing_helpers; /* bpf_override_return and its kind */
	bool exclude_readers;        /* leave out processes that read streams */
};

/* What the engine tells the file system. Any member may be NULL. */
struct engine_watch {
	/* A program appeared, was replaced, or is gone. */
	void (*program_changed)(const char *program, void *data);
	/* The lines of an attach file changed, not by a write to it. */
	void (*point_changed)(const char *kind, const char *target, void *data);
	/* Something failed that no request waits for. @path: "progs/hello.c" */
	void (*failed)(const char *path, uid_t uid, const GError *error,
		       void *data);
};

/*
 * Start the engine: open the kernel's BTF and tracefs (mounted privately when
 * it is not mounted), remove what a dead daemon left in kprobe_events.
 * Fails with EPERM without the privileges, EOPNOTSUPP without BTF.
 * @watch and its @data are borrowed for the engine's life.
 */
struct engine *engine_new(const struct engine_config *config,
			  const struct engine_watch *watch, void *data,
			  GError **error);

/*
 * Detach and unload all, end the compiler, close every stream. Waits for
 * that. Calls no callback but the done functions of what was under way, with
 * ECANCELED. Accepts NULL.
 */
void engine_free(struct engine *engine);

/* The text of /status and of /attached. */
char *engine_show_status(struct engine *engine);
char *engine_show_attached(struct engine *engine);

/* --- Programs ---------------------------------------------------------- */

/* A source that a person writes; an object with its debug information. */
#define ENGINE_SOURCE_BYTES_MAX (1u << 20)
#define ENGINE_OBJECT_BYTES_MAX (16u << 20)

struct engine_header {
	const char *name; /* "common.h" */
	GBytes *text;
};

struct engine_source {
	const char *name;   /* of the program: "hello" */
	GBytes *text;       /* C, or an ELF object */
	bool is_object;     /* was written to NAME.o */
	const char *cflags; /* content of NAME.cflags, or NULL */
	const struct engine_header *headers; /* the other files of progs/ */
	size_t n_headers;
	uid_t uid;                /* who writes it */
	const char *successor_of; /* a program whose attachments made by the
				   * user it takes, too; or NULL */
};

/*
 * Is @name fit for a program? Letters, digits, '_', '-' and '.', at most 64
 * bytes, not beginning with '.' or '-'. EINVAL otherwise; ENAMETOOLONG.
 */
bool engine_program_name_check(const char *name, GError **error);

/*
 * Compile @source and make it the program @source->name: attach the functions
 * that name their target, let the new functions take over the old ones'
 * attachments, keep the contents of maps of the same name and types. All or
 * nothing: after a failure the old version, if any, runs on, and the
 * program's "errors" tells the failure. The program exists from the call on,
 * with no function until the first success.
 * Calls for one name are carried out in their order. EINVAL: the source is
 * at fault; EFBIG: too large; EACCES: belongs to somebody else; ETIMEDOUT.
 */
void engine_program_set(struct engine *engine,
			const struct engine_source *source, engine_done_fn done,
			void *data);

/*
 * Detach and unload. From the call on nobody sees the program, its functions
 * send nothing and the name is free; @done comes when all is detached, and its
 * streams end then (readers get what is kept, then end of file). ENOENT,
 * EACCES.
 */
void engine_program_remove(struct engine *engine, const char *name, uid_t uid,
			   engine_done_fn done, void *data);

/* EACCES where there is one of this name that @uid may not change. */
bool engine_program_check_owner(struct engine *engine, const char *name,
				uid_t uid, GError **error);

/* Does a program of this name exist (its directory progs/NAME is there)? */
bool engine_program_exists(struct engine *engine, const char *name);

/* --- Probe kinds, targets and attach files ----------------------------- */

struct engine_kind {
	const char *directory; /* "kprobes", "tracepoints" … */
	const char *about;     /* one line for README and status */
	bool is_of_files;      /* its targets are users' files, which change */
};

/* The kinds of this build, ended by one whose directory is NULL. */
const struct engine_kind *engine_kinds(void);

/* "; did you mean NAME?", one of @names (const char *), or "". Owned. */
char *engine_suggest(const char *wanted, const GPtrArray *names);

enum engine_target_type {
	ENGINE_TARGET_NONE,
	ENGINE_TARGET_DIRECTORY, /* "skb" in tracepoints, or "" itself */
	ENGINE_TARGET_FILE,      /* "skb/kfree_skb" */
};

/*
 * What is @path (below the kind's directory, no leading '/') to @kind? NONE
 * fills @error: ENOENT with a suggestion, EINVAL for what cannot be a target.
 * Fast enough for a LOOKUP (below 0.1 ms).
 */
enum engine_target_type engine_target_find(struct engine *engine,
					   const char *kind, const char *path,
					   GError **error);

/*
 * The names in a directory of targets, sorted, as const char *; owned by the
 * array, which the caller unrefs. A pattern or an offset that is attached is
 * listed too. @are_directories tells what the entries are.
 */
GPtrArray *engine_target_list(struct engine *engine, const char *kind,
			      const char *path, bool *are_directories,
			      GError **error);

/*
 * The lines attached at a target, "hello:hello\n…" ("" when none), and the
 * time of the last change (real time, nanoseconds; 0: never).
 */
char *engine_point_show(struct engine *engine, const char *kind,
			const char *target, int64_t *changed_ns);

/*
 * One open of an attach file for writing. With @replace (O_TRUNC), what was
 * attached before stays until the commit and stays for good when a write
 * failed; without, each write is done by itself. Never NULL.
 */
struct engine_transaction;
struct engine_transaction *engine_transaction_new(struct engine *engine,
						  const char *kind,
						  const char *target, uid_t uid,
						  bool replace);

/*
 * Take written bytes: whole lines are parsed, checked and attached (or, with
 * '!', detached) before @done is called; an unfinished line of a long write
 * is kept for the next one. All lines of one call or none. After a failure in
 * a replacing transaction all it attached is detached again and every later
 * write fails alike. One write or commit at a time.
 */
void engine_transaction_write(struct engine_transaction *transaction,
			      const char *text, size_t n_bytes,
			      engine_done_fn done, void *data);

/*
 * The end of a replacement: carry out an unfinished line, then detach what
 * was there before and is not in the new content (all of it where nothing was
 * written: `: > file`). Does nothing without @replace but the unfinished
 * line, or a second time.
 */
void engine_transaction_commit(struct engine_transaction *transaction,
			       engine_done_fn done, void *data);

/* Has anything been written that is not committed? */
bool engine_transaction_is_dirty(const struct engine_transaction *transaction);

/* Ends it; what is not committed is taken back. No write may be under way. */
void engine_transaction_free(struct engine_transaction *transaction);

/* --- Streams ----------------------------------------------------------- */

enum engine_stream_format { ENGINE_STREAM_TEXT, ENGINE_STREAM_JSON };

/* One reader of output: its own cursor, from the oldest event still kept. */
struct engine_reader;

/*
 * @program NULL: the events of all programs, with a prefix. @ready is called
 * (never from within a call of the reader's functions) when, after a
 * read that returned 0, there is something to read or the stream ended; once
 * for each such read. @pid: the process that opened it (for
 * exclude_readers), 0 unknown. ENOENT: no such program.
 */
struct engine_reader *engine_reader_new(struct engine *engine,
					const char *program,
					enum engine_stream_format format,
					pid_t pid, void (*ready)(void *data),
					void *data, GError **error);

/*
 * Up to @size bytes of text. > 0: that many, whole lines except that a line
 * longer than @size is given in parts; 0: nothing now; -1: the stream ended.
 */
ssize_t engine_reader_read(struct engine_reader *reader, char *buffer,
			   size_t size);

/* Would a read return other than 0? */
bool engine_reader_is_ready(struct engine_reader *reader);

void engine_reader_free(struct engine_reader *reader);

/* `: > output` and `echo text >> output`; @program NULL: of all programs. */
void engine_stream_clear(struct engine *engine, const char *program);
void engine_stream_mark(struct engine *engine, const char *program,
			const char *text);

#endif

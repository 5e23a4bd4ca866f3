/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * user_elf.h - what a program or library has to probe: functions and the
 * notes of USDT probes. Used in the loop alone.
 */
#ifndef PROBEFS_BPF_USER_ELF_H
#define PROBEFS_BPF_USER_ELF_H

#include "user_file.h"

struct user_function {
	const char *name; /* borrowed from the file's */
	uint64_t address; /* as nm shows it */
	uint64_t n_bytes; /* 0: not known */
	bool is_indirect; /* it only chooses another when the program starts */
	bool is_default;  /* of several versions the one that is linked to */
};

/* One place of a USDT probe. Strings are borrowed from the file's. */
struct user_probe {
	const char *provider;
	const char *name;
	const char *arguments; /* "-4@%edi 8@%rsi" */
	uint64_t address;
	uint64_t counter; /* the address of its semaphore; 0: none */
};

struct user_elf {
	GArray *functions; /* struct user_function, by name */
	GArray *probes;    /* struct user_probe, by provider and name */
	GArray *segments;  /* private */
	GStringChunk *strings;
	bool is_stripped; /* only what it exports has names */
};

/* Some of the files that were read, by what they are, not by path. */
struct user_elves;
struct user_elves *user_elves_new(void);
void user_elves_free(struct user_elves *elves);

/*
 * What @file has; borrowed, until the next call. EINVAL: it is no program or
 * library.
 */
const struct user_elf *user_elves_get(struct user_elves *elves,
				      const struct user_file *file,
				      GError **error);

/* The functions called @name: [first, last), empty where there is none. */
void user_elf_functions(const struct user_elf *elf, const char *name,
			guint *first, guint *last);

/*
 * Where in the file an address is; @is_code: it must be in what can be run.
 * False: nowhere.
 */
bool user_elf_offset(const struct user_elf *elf, uint64_t address, bool is_code,
		     uint64_t *offset);

#endif

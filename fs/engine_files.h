/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine_files.h - directories and files that the engine has in tables of its
 * own (bpf/files.h), as nodes. A row there needs nothing here.
 */
#ifndef PROBEFS_FS_ENGINE_FILES_H
#define PROBEFS_FS_ENGINE_FILES_H

#include "node.h"

struct engine_file;

/*
 * For the types of directories whose entries are the engine's: @bind of such a
 * type says which directory a node is. The children of its table, if any, come
 * first.
 */
const struct node_type *engine_files_lookup(struct node *directory,
					    const char *name, GError **error);
bool engine_files_list(struct node *directory, struct listing *listing,
		       GError **error);
void engine_files_forget(struct node *node);

#endif

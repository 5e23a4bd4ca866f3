/* SPDX-License-Identifier: GPL-2.0-only */
/* json.h - the few pieces of JSON that events are made of. */
#ifndef PROBEFS_BPF_JSON_H
#define PROBEFS_BPF_JSON_H

#include "text.h"

/* "…", escaped. */
void json_put_string(struct text *text, const char *bytes, size_t n_bytes);

/*
 * A comma unless the object was just begun, and the key, which must need no
 * escaping.
 */
void json_put_key(struct text *text, const char *key);

/* Seconds, with nine digits behind the point. */
void json_put_time(struct text *text, uint64_t time_ns);

#endif

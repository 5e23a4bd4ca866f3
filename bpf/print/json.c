// SPDX-License-Identifier: GPL-2.0-only
/* json.c - the few pieces of JSON that events are made of. */
#include "json.h"

#define NS_PER_S 1000000000u

void json_put_string(struct text *text, const char *bytes, size_t n_bytes)
{
	text_put_char(text, '"');
	text_put_escaped(text, TEXT_JSON, bytes, n_bytes);
	text_put_char(text, '"');
}

void json_put_key(struct text *text, const char *key)
{
	if (text->at > text->start && text->at[-1] != '{')
		text_put_char(text, ',');
	text_put_char(text, '"');
	text_put_string(text, key);
	text_put_literal(text, "\":");
}

void json_put_time(struct text *text, uint64_t time_ns)
{
	text_put_u64(text, time_ns / NS_PER_S);
	text_put_char(text, '.');
	text_put_u64_zeros(text, time_ns % NS_PER_S, 9);
}

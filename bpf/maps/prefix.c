// SPDX-License-Identifier: GPL-2.0-only
/* prefix.c - prefixes of addresses as text. */
#include "prefix.h"

#include <arpa/inet.h>

static int address_family(size_t n_bytes)
{
	return n_bytes == 4 ? AF_INET : n_bytes == 16 ? AF_INET6 : AF_UNSPEC;
}

void prefix_print(const uint8_t *key, size_t n_bytes, struct text *text)
{
	const uint8_t *address = key + sizeof(uint32_t);
	size_t address_bytes = n_bytes - sizeof(uint32_t);
	int family = address_family(address_bytes);
	char buffer[INET6_ADDRSTRLEN];
	uint32_t length;

	memcpy(&length, key, sizeof(length));
	if (family != AF_UNSPEC)
		text_put_string(text, inet_ntop(family, address, buffer,
						sizeof(buffer)));
	else
		text_put_hex_bytes(text, address, address_bytes);
	text_put_char(text, '/');
	text_put_u64(text, length);
}

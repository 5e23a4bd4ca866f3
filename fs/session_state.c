/* SPDX-License-Identifier: GPL-2.0-only */
/* session_state.c - owns the lists of open files and of waiting requests. */
#include "session_state.h"

#include "tree.h"

struct node *session_node(struct fuse_req *req, unsigned long ino)
{
	if (ino == FUSE_ROOT_ID)
		return session_tree(fuse_req_userdata(req))->root;
	return (struct node *)(uintptr_t)ino;
}

struct tree *session_tree(const struct session *session)
{
	return session->tree;
}

char *session_buffer(struct session *session)
{
	return session->answer_buffer;
}

void session_answered(struct session *session)
{
	if (session->config.answered)
		session->config.answered(session->config.data);
}

void session_add_handle(struct session *session, struct handle *handle)
{
	g_hash_table_add(session->handles, handle);
}

void session_remove_handle(struct session *session, struct handle *handle)
{
	g_hash_table_remove(session->handles, handle);
}

void session_add_directory(struct session *session,
			   struct open_directory *directory)
{
	g_hash_table_add(session->directories, directory);
}

void session_remove_directory(struct session *session,
			      struct open_directory *directory)
{
	g_hash_table_remove(session->directories, directory);
}

void session_add_waiting(struct session *session, GList *link)
{
	g_queue_push_tail_link(&session->waiting, link);
	session->tree->n_waiting++;
}

void session_remove_waiting(struct session *session, GList *link)
{
	g_queue_unlink(&session->waiting, link);
	g_queue_remove(&session->interrupted, link->data);
	session->tree->n_waiting--;
}

void session_queue_interrupt(struct session *session, struct request *request)
{
	g_queue_push_tail(&session->interrupted, request);
}

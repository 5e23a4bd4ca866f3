/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* block.h - block devices and their requests. */
#ifndef PROBEFS_KERNEL_BLOCK_H
#define PROBEFS_KERNEL_BLOCK_H

#define DISK_NAME_LEN           32
#define BDEVNAME_SIZE           32
#define SECTOR_SHIFT            9
#define SECTOR_SIZE             (1 << SECTOR_SHIFT)

#define REQ_OP_BITS             8
#define REQ_OP_MASK             ((1 << REQ_OP_BITS) - 1)

#define req_op(request)         ((request)->cmd_flags & REQ_OP_MASK)
#define bio_op(bio)             ((bio)->bi_opf & REQ_OP_MASK)
#define blk_rq_pos(request)     ((request)->__sector)
#define blk_rq_bytes(request)   ((request)->__data_len)
#define blk_rq_sectors(request) ((request)->__data_len >> SECTOR_SHIFT)

/* A scatter list's entry whose page link points to the next list. */
#define SG_CHAIN                0x01UL
#define SG_END                  0x02UL
#define SG_PAGE_LINK_MASK       (SG_CHAIN | SG_END)
#define sg_is_chain(sg)         ((sg)->page_link & SG_CHAIN)
#define sg_is_last(sg)          ((sg)->page_link & SG_END)
#define sg_chain_ptr(sg) \
	((struct scatterlist *)((sg)->page_link & ~SG_PAGE_LINK_MASK))

#endif

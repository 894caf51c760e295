/** A small tree in the kernel's manner: macros, prefixes and formats become the lines that a machine would print. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Tree } from '../source/tree.ts'
import { printsOf } from './prints.ts'

function linesOf(t: TestContext, file: string, files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'kernel-tree-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const folder of ['linux', 'scsi', 'rdma', 'drm', 'net', 'xen'])
    mkdirSync(join(root, 'include', folder), { recursive: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return printsOf(new Tree(root), file).map(({ func, level, example }) => `${func} ${level} ${example}`)
}

test('pr_fmt, a wrapper in a header and a device become one line each', (t) => {
  const lines = linesOf(t, 'drivers/net/ethernet/acme/acme_main.c', {
    'drivers/net/ethernet/acme/Makefile': 'obj-$(CONFIG_ACME) += acme.o\nacme-y := acme_main.o \\\n  acme_hw.o\n',
    'drivers/net/ethernet/acme/acme.h':
      '#define acme_err(card, format, ...) \\\n\tdev_err((card)->dev, "%s:%d: " format, __func__, __LINE__, ##__VA_ARGS__)\n',
    'drivers/net/ethernet/acme/acme_main.c': `#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include "acme.h"
static int acme_poll(struct card *card)
{
	pr_err("queue %u is " "stuck\\n", queue); /* pr_err("not this one\\n"); */
	acme_err(card, "hung for %d ms", ms);
	pr_info("not grave enough\\n");
	netdev_warn(card->netdev, "reset, status 0x%08x\\n", status);
}
`,
  })
  assert.deepEqual(lines, [
    'acme_poll err acme: queue 3 is stuck',
    'acme_poll err acme 0000:3b:00.0: acme_poll:482: hung for 2 ms',
    'acme_poll warn acme 0000:3b:00.0 eth0: reset, status 0x0000001f',
  ])
})

test('levels that are given, panics and families with a prefix of their own', (t) => {
  const lines = linesOf(t, 'fs/ext4/inode.c', {
    'fs/ext4/inode.c': `void ext4_demo(struct super_block *sb)
{
	ext4_msg(sb, KERN_CRIT, "data will be lost");
	ext4_msg(sb, KERN_INFO, "mounted");
	EXT4_ERROR_INODE(inode, "bad extent %llu", block);
	printk(KERN_ERR "%s: no level is lost\\n", sb->s_id);
	panic("nothing left");
	WARN(1, "a trace");
}
`,
  })
  assert.deepEqual(lines, [
    'ext4_demo crit EXT4-fs (sda1): data will be lost',
    'ext4_demo err EXT4-fs error (device sda1): ext4_demo:482: inode #131074: comm postgres: bad extent 123456',
    'ext4_demo err sda1: no level is lost',
    'ext4_demo panic Kernel panic - not syncing: nothing left',
    'ext4_demo trace a trace',
  ])
})

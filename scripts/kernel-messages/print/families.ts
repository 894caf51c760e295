/** The functions with which the kernel prints: how each tells its level, and what it puts before the text. */
import { type Place, pci } from './places.ts'

export type Level = 'panic' | 'emerg' | 'alert' | 'crit' | 'err' | 'warn' | 'trace'

export interface Family {
  readonly name: RegExp
  /** `named`: the name says it; `given`: an argument KERN_… says it. */
  readonly level: Level | 'named' | 'given'
  /** What stands before the text in the log. */
  readonly lead: (print: Lead) => string
  /** What stands behind it. */
  readonly tail?: string
  /** The macro of the file that frames the text. */
  readonly frame?: 'pr_fmt' | 'dev_fmt'
}

/** What a prefix is made of. */
export interface Lead {
  readonly func: string
  readonly place: Place
  readonly level: Level
  /** The arguments before the format, as they are written. */
  readonly before: string
}

const none = (): string => ''
const device = ({ place }: Lead): string => `${place.driver} ${place.device}: `
const netdev = ({ place }: Lead): string => `${place.net.lead}${place.net.name}: `
const btrfsWord: Readonly<Record<string, string>> = {
  emerg: 'emergency',
  alert: 'alert',
  crit: 'critical',
  err: 'error',
}
const levels = '(?:emerg|alert|crit|err|error|warn|warning)'
const once = '(?:_once|_ratelimited|_rl|_limit|_deferred)?'

const named = (pattern: string, lead: Family['lead'], frame?: Family['frame']): Family => ({
  name: new RegExp(`^${pattern}$`),
  level: 'named',
  lead,
  ...(frame && { frame }),
})

/** In order: the first whose name fits is meant. A name in here is not looked into, though it may be a macro. */
export const families: readonly Family[] = [
  named(`pr_${levels}${once}`, none, 'pr_fmt'),
  named(`net_${levels}_ratelimited`, none, 'pr_fmt'),
  named(`_?dev_${levels}(?:_probe|_once|_ratelimited)?`, device, 'dev_fmt'),
  named(`pci_${levels}`, device, 'dev_fmt'),
  { name: /^(?:dev|_dev|pci)_printk(?:_ratelimited)?$/, level: 'given', lead: device },
  named(`net(?:dev|if)_${levels}(?:_once)?`, netdev),
  { name: /^_?printk(?:_once|_ratelimited|_deferred)?$/, level: 'given', lead: none },
  // libata and the SCSI layers.
  named(`ata_dev_${levels}(?:_once)?`, () => 'ata1.00: '),
  named(`ata_(?:link|port)_${levels}(?:_once)?`, () => 'ata1: '),
  { name: /^sd_(?:first_)?printk$/, level: 'given', lead: () => 'sd 0:0:0:0: [sda] ' },
  { name: /^scmd_printk$/, level: 'given', lead: () => 'sd 0:0:0:0: [sda] tag#12 ' },
  { name: /^sdev_printk$/, level: 'given', lead: () => 'sd 0:0:0:0: ' },
  { name: /^sdev_prefix_printk$/, level: 'given', lead: () => 'sd 0:0:0:0: [sda] ' },
  { name: /^shost_printk$/, level: 'given', lead: () => 'scsi host0: ' },
  { name: /^starget_printk$/, level: 'given', lead: () => 'scsi target0:0:0: ' },
  { name: /^iscsi_cls_conn_printk$/, level: 'given', lead: () => ' connection1:0: ' },
  { name: /^iscsi_cls_session_printk$/, level: 'given', lead: () => ' session1: ' },
  {
    name: /^ql_log(?:_qp|_pci)?$/,
    level: 'given',
    lead: ({ before }) => `qla2xxx [${pci}]-${/0x([\da-f]{4})/.exec(before)?.[1] ?? '00ff'}:1: `,
  },
  // File systems.
  {
    name: /^(?:EXT4_ERROR_FILE|ext4_error_file)$/,
    level: 'err',
    lead: ({ func }) => `EXT4-fs error (device sda1): ${func}:482: inode #131074: comm postgres: path /data: `,
  },
  {
    name: /^(?:EXT4_ERROR_INODE|ext4_error_inode(?:_block)?)(?:_ERR|_err)?$/,
    level: 'err',
    lead: ({ func }) => `EXT4-fs error (device sda1): ${func}:482: inode #131074: comm postgres: `,
  },
  {
    name: /^_*ext4_grp_locked_error$/,
    level: 'err',
    lead: ({ func }) => `EXT4-fs error (device sda1): ${func}:482: group 17, block 123456:`,
  },
  {
    name: /^_*ext4_(?:error|abort)(?:_err)?$/,
    level: 'err',
    lead: ({ func }) => `EXT4-fs error (device sda1): ${func}:482: comm postgres: `,
  },
  {
    name: /^_*ext4_warning_inode$/,
    level: 'warn',
    lead: ({ func }) => `EXT4-fs warning (device sda1): ${func}:482: inode #131074: comm postgres: `,
  },
  {
    name: /^_*ext4_warning(?:_ratelimit)?$/,
    level: 'warn',
    lead: ({ func }) => `EXT4-fs warning (device sda1): ${func}:482: `,
  },
  { name: /^_*ext4_msg(?:_ratelimit)?$/, level: 'given', lead: () => 'EXT4-fs (sda1): ' },
  {
    name: /^(?:XFS_CORRUPTION_ERROR|XFS_ERROR_REPORT)$/,
    level: 'alert',
    lead: () => 'XFS (sda1): Internal error ',
    tail: ' at line 482 of file fs/xfs/libxfs/xfs_btree.c.  Caller xfs_trans_cancel+0x1a0/0x3c0 [xfs]',
  },
  { name: /^xfs_buf_alert_ratelimited$/, level: 'alert', lead: () => 'XFS (sda1): ' },
  { name: /^xfs_alert_tag$/, level: 'alert', lead: () => 'XFS (sda1): ' },
  named(`xfs_${levels}(?:_ratelimited|_once|_mount)?`, () => 'XFS (sda1): '),
  {
    name: /^btrfs_handle_fs_error$/,
    level: 'crit',
    lead: ({ func }) => `BTRFS: error (device sda1) in ${func}:482: errno=-5 IO failure (`,
    tail: ')',
  },
  {
    name: /^(?:extent|block_group|chunk|dev_item|file_extent|dir_item|generic|inode_item|inode_ref|root_item|dev_extent|raid_stripe)_err$/,
    level: 'crit',
    lead: () => 'BTRFS critical (device sda1): corrupt leaf: root=5 block=30408704 slot=3, ',
  },
  named(`btrfs_${levels}(?:_rl)?(?:_in_rcu)?`, ({ level }) => `BTRFS ${btrfsWord[level] ?? 'warning'} (device sda1): `),
  { name: /^btrfs_panic$/, level: 'crit', lead: ({ func }) => `BTRFS critical (device sda1): panic in ${func}:482: ` },
  { name: /^cifs_(?:server_)?dbg(?:_once)?$/, level: 'given', lead: () => 'CIFS: VFS: ' },
  { name: /^cifs_tcon_dbg(?:_once)?$/, level: 'given', lead: () => 'CIFS: VFS: \\\\10.0.0.5\\share ' },
  { name: /^fat_fs_error(?:_ratelimit)?$/, level: 'err', lead: () => 'FAT-fs (sda1): error, ' },
  { name: /^fat_msg(?:_ratelimit)?$/, level: 'given', lead: () => 'FAT-fs (sda1): ' },
  { name: /^quota_error$/, level: 'err', lead: ({ func }) => `Quota error (device sda1): ${func}: ` },
  { name: /^rbd_warn$/, level: 'warn', lead: () => 'rbd: rbd0: ' },
  // Block drivers with functions of their own.
  named(`drbd_${levels}(?:_ratelimit)?`, () => 'drbd r0/0 drbd0: '),
  {
    name: /^bch_cache_set_error$/,
    level: 'err',
    lead: () => 'bcache: bch_cache_set_error() error on 6b1f0a1e-9d34-4b0c-8a51-3f0c9f0e2a11: ',
    tail: ', disabling caching',
  },
  { name: /^vdo_log_error(?:_strerror)?$/, level: 'err', lead: () => 'device-mapper: vdo0:logQ0: ' },
  { name: /^vdo_log_warning(?:_strerror)?$/, level: 'warn', lead: () => 'device-mapper: vdo0:logQ0: ' },
  // The kernel itself.
  { name: /^(?:panic|nmi_panic)$/, level: 'panic', lead: () => 'Kernel panic - not syncing: ' },
  { name: /^(?:WARN(?:_ONCE|_RATELIMIT|_TAINT|_TAINT_ONCE)?|\w+_WARN(?:_ONCE)?)$/, level: 'trace', lead: none },
  { name: /^die$/, level: 'emerg', lead: none, tail: ': 0000 [#1] PREEMPT SMP NOPTI' },
  { name: /^arm64_notify_die$/, level: 'emerg', lead: () => 'Internal error: ', tail: ': 0000000096000010 [#1] SMP' },
  {
    name: /^die_kernel_fault$/,
    level: 'alert',
    lead: () => 'Unable to handle kernel ',
    tail: ' at virtual address ffff80001a2b3c4d',
  },
  { name: /^(?:slab_err|slab_bug|object_err)$/, level: 'err', lead: () => 'BUG kmalloc-64 (Not tainted): ' },
  { name: /^bad_page$/, level: 'alert', lead: () => 'page dumped because: ' },
  { name: /^usercopy_abort$/, level: 'emerg', lead: () => 'usercopy: Kernel memory exposure attempt detected from ' },
  // Devices.
  named(`drm_${levels}(?:_once|_ratelimited)?`, ({ place }) => `${place.driver} ${place.device}: [drm] *ERROR* `),
  {
    name: /^DRM_ERROR(?:_RATELIMITED)?$/,
    level: 'err',
    lead: ({ place, func }) => `[drm:${func} [${place.driver}]] *ERROR* `,
  },
  {
    name: /^DRM_DEV_ERROR(?:_RATELIMITED)?$/,
    level: 'err',
    lead: ({ place, func }) => `${place.driver} ${place.device}: [drm:${func} [${place.driver}]] *ERROR* `,
  },
  named(`ibdev_${levels}(?:_ratelimited)?`, ({ place }) => `${place.driver} ${place.device} ${place.rdma}: `),
  { name: /^xenbus_dev_(?:fatal|error)$/, level: 'err', lead: ({ place }) => `${place.driver} ${place.device}: 5 ` },
  named(`acpi_handle_${levels}`, () => 'ACPI: \\_SB_.PCI0: '),
]

export const familyOf = (name: string): Family | undefined => families.find((one) => one.name.test(name))

const levelWords: readonly (readonly [RegExp, Level])[] = [
  [/emerg/i, 'emerg'],
  [/alert/i, 'alert'],
  [/crit|fatal/i, 'crit'],
  [/err/i, 'err'],
  [/warn/i, 'warn'],
]

/** The level of a call; undefined for one that prints less than a warning. */
export function levelOf(family: Family, name: string, args: readonly string[]): Level | undefined {
  if (family.level !== 'named' && family.level !== 'given') return family.level
  const word =
    family.level === 'named' ? name : (/\b(?:KERN_|ql_log_|LOGLEVEL_)\w+|\bVFS\b/.exec(args.join(' '))?.[0] ?? '')
  if (word === 'VFS') return 'err'
  return levelWords.find(([pattern]) => pattern.test(word))?.[1]
}

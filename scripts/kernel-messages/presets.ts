/**
 * Verdicts that follow from where a message stands. A driver that does not start, a call with wrong arguments and a debug
 * file are no events; what runs on a machine in production is judged one by one.
 */
import type { Print } from './print/prints.ts'
import type { NoEvent } from './verdicts.ts'

interface Preset {
  readonly verdict: NoEvent
  readonly func?: RegExp
  readonly format?: RegExp
  /** Files in which it holds; everywhere without. */
  readonly file?: RegExp
}

/** File systems speak at mount about damage that lasts, so only drivers and the core are preset by function. */
const drivers = /^(?:drivers\/|arch\/|kernel\/|mm\/|lib\/|net\/|block\/)/
const notVolumes = /^(?!drivers\/md\/|drivers\/block\/)/

export const presets: readonly Preset[] = [
  {
    verdict: 'debug',
    func: /debugfs|dbgfs|debug_|_debug|_dump$|^dump_|trace|selftest|_test$|loopback|kprobe|ftrace|diag_/,
    file: drivers,
  },
  {
    verdict: 'argument',
    func: /ioctl|ethtool|sysfs|_show$|_store$|netlink|devlink|parse|_ctl$|sysctl|_opts?$|_param|_attr|bsg|_coalesce|_ringparam|_channels|_flash|get_strings|getsockopt|setsockopt|newlink|_fdir|_flower|flow_spec|rxnfc|_xdp|_tc_|_vlan|_vf_|ndo_|_uverbs|create_(?:qp|cq|srq|mr|ah|user)|modify_qp|reg_mr|alloc_pd|post_(?:send|recv)/,
    file: drivers,
  },
  {
    verdict: 'probe',
    func: /probe|_init$|_init_|^init_|__init|setup|register|_alloc|alloc_|_attach|_load$|_load_|_ident|discover|module|request_irq|_config|bind|_start_?up|_create|create_|_detect|_enable|_ctor$|^parse|_map_|_add$|_add_|_firmware|_caps?$|_caps?_|resource|_ctr$|early_|_setup|bringup|_isa_|_match|_of_|_acpi_|_dt_|quirk/,
    file: /^(?:drivers\/(?!md\/md|md\/raid|block|nvme)|arch\/|kernel\/|mm\/|lib\/|net\/(?!ceph|sunrpc)|block\/)/,
  },
  {
    verdict: 'probe',
    func: /_exit$|_remove$|_shutdown|suspend|resume|_unregister|_fini$|_detach/,
    file: /^(?:drivers|arch|kernel|net)\//,
  },
  {
    verdict: 'detail',
    format:
      /(?:alloc|memory|kmalloc|kzalloc|vmalloc|ENOMEM|dma_pool|mempool).*(?:fail|error)|(?:fail|unable|cannot|can't|could ?n[o']t|couldn't|no).{0,40}\b(?:alloc|memory|malloc|kmalloc)|out of memory$/i,
    file: notVolumes,
  },
]

/** The verdict on `print` by its place alone; undefined when somebody has to judge it. */
export function presetOf(print: Print): NoEvent | undefined {
  return presets.find(
    (one) =>
      (one.file?.test(print.file) ?? true) &&
      (one.func?.test(print.func) ?? true) &&
      (one.format?.test(print.format) ?? true),
  )?.verdict
}

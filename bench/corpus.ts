/** Kernel log lines that match no rule. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Matcher } from '../src/detect/match/matcher.ts'
import { peel } from '../src/detect/sources/framing/peel.ts'
import type { Random } from '../src/telemetry/clock.ts'

export interface Corpus {
  /** The source of the lines, for the result. */
  readonly origin: string
  /** All lines, one after the other. */
  readonly bytes: Uint8Array
  /** Line `n` is `bytes[ends[n - 1] ?? 0, ends[n])`. */
  readonly ends: Uint32Array
}

/** Every line of every `*.log` in `folder` that `matcher` finds nothing in; undefined when there is no such folder. */
export function readCorpus(folder: string, matcher: Matcher): Corpus | undefined {
  const files = logFiles(folder)
  if (files.length === 0) return undefined
  const lines = files
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    .map((line) => peel(line).text)
    .filter((text) => text !== '' && matcher.matchText(text).length === 0)
  return pack(`${files.length} kernel logs of real machines`, lines)
}

/** Lines of the kinds that a healthy machine prints, with random numbers in them, for checkouts without real logs. */
export function generateCorpus(count: number, random: Random): Corpus {
  return pack(
    'generated',
    Array.from({ length: count }, () => meaninglessLine(random)),
  )
}

/** One line of a kind that a healthy machine prints. */
export function meaninglessLine(random: Random): string {
  const template = templates[Math.floor(random() * templates.length)] ?? ''
  return template.replace(/#+/g, (digits) => String(Math.floor(random() * 10 ** digits.length)))
}

function logFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.log'))
      .sort()
  } catch {
    return []
  }
}

function pack(origin: string, lines: readonly string[]): Corpus {
  const encoded = lines.map((line) => Buffer.from(line))
  let end = 0
  const ends = Uint32Array.from(encoded, (line) => {
    end += line.length
    return end
  })
  return { origin, bytes: Buffer.concat(encoded), ends }
}

const templates: readonly string[] = [
  'BIOS-e820: [mem 0x00000000000#####-0x000000000009ffff] usable',
  'ACPI: LAPIC_NMI (acpi_id[0x0#] high edge lint[0x1])',
  'pci 0000:##:1f.#: [8086:29##] type 00 class 0x010601 conventional PCI endpoint',
  'pci 0000:00:1c.#: bridge window [mem 0xfe###000-0xfe####ff 64bit pref]',
  'PCI: Using ACPI for IRQ routing; pcibios_assign_resources took ### usecs',
  'audit: type=1400 audit(1700######.###:##): apparmor="STATUS" operation="profile_load" profile="unconfined" name="snap-update-ns" pid=#### comm="apparmor_parser"',
  'EXT4-fs (nvme0n1p#): mounted filesystem 5f2a####-2c6e-4b1c-9d55-08a1a5c0#### r/w with ordered data mode. Quota mode: none.',
  'eth#: renamed from veth#######',
  'docker0: port #(veth#######) entered blocking state',
  'docker0: port #(veth#######) entered forwarding state',
  'cni0: port ##(veth########) entered disabled state',
  'IPv6: ADDRCONF(NETDEV_CHANGE): veth#######: link becomes ready',
  'device veth####### left promiscuous mode',
  'usb 1-#: new high-speed USB device number ## using xhci_hcd',
  'usb 1-#: New USB device found, idVendor=0###, idProduct=0###, bcdDevice= #.##',
  'systemd[1]: Finished systemd-modules-load.service - Load Kernel Modules.',
  'nvme nvme#: ##/0/0 default/read/poll queues',
  'TCP: request_sock_TCP: Possible SYN flooding on port ####. Sending cookies.',
  'perf: interrupt took too long (#### > ####), lowering kernel.perf_event_max_sample_rate to #####',
  'clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x2b3e459bf4c, max_idle_ns: 4407952##### ns',
  'cgroup: runc (#####) created nested cgroup for controller "memory" which has incomplete hierarchy support.',
  "overlayfs: upperdir is in-use as upperdir/workdir of another mount, mount with '-o index=off' to override index=off",
  'kauditd_printk_skb: ### callbacks suppressed',
  'Bluetooth: hci0: Waiting for firmware download to complete',
  'input: Power Button as /devices/LNXSYSTM:00/LNXPWRBN:00/input/input#',
]

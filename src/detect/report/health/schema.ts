/** The schema of a NodeHealth, for its definition and for readers. The agent itself does not load it. */
import * as z from 'zod'
import { conditionTypes } from '../../../model/condition.ts'
import type { NodeHealthReport } from '../../../model/node-health.ts'
import { longestText, mostDevices, mostFindings } from './report.ts'

const text = z.string().max(longestText)
const time = z.string().max(40)
const count = z.int().min(0)

const device = z.object({
  name: text.describe('as the finding names it; may change with a reboot'),
  pci: text.optional().describe('PCI address with domain and function'),
  uuid: text.optional(),
  serial: text.optional(),
  mac: text.optional(),
  model: text.optional(),
})

const finding = z.object({
  reason: text,
  condition: z.enum(conditionTypes),
  severity: z.enum(['info', 'warning', 'fatal']).describe('after overrides, trust and acknowledgement'),
  message: text,
  since: time.describe('when its first line was logged, or its first look'),
  lastSeen: time,
  trust: z.enum(['kernel', 'service', 'agent', 'userspace']).describe('who vouches for it'),
  count: count.describe('lines of a log so far; 1 for a measured state'),
  device: device.optional(),
  before: z.boolean().optional().describe('true: logged before the agent first ran on the node'),
  acknowledgedUntil: time.optional(),
  drill: text.optional().describe('the drill that injected it'),
})

const monitor = z.object({
  name: text,
  state: z.enum(['pending', 'checked', 'blind', 'stuck']),
  why: text.optional().describe('why it cannot look'),
  absent: text.optional().describe('what this machine does not have, so that there is nothing to look at'),
  lookAgeSeconds: count.optional().describe('age of its newest look when the report was written'),
})

const gone = z.boolean().optional().describe('true: it was there since the agent started, and is not any more')

const accelerator = z.object({
  kind: text,
  pci: text,
  id: text.describe('vendor and device id'),
  driver: text.optional(),
  driverVersion: text.optional(),
  model: text.optional(),
  uuid: text.optional(),
  serial: text.optional(),
  firmware: text.optional(),
  gone,
})

const disk = z.object({
  name: text,
  sizeBytes: count.optional(),
  model: text.optional(),
  serial: text.optional(),
  wwid: text.optional(),
  firmware: text.optional(),
  pci: text.optional(),
  gone,
})

const nic = z.object({ name: text, mac: text.optional(), pci: text.optional(), driver: text.optional(), gone })

const machine = z.object({
  bootId: text,
  kernel: text.optional(),
  os: text.optional(),
  firmware: text.optional(),
  product: text.optional(),
  serial: text.optional(),
})

export const nodeHealthReport = z.object({
  machine,
  findings: z.array(finding).max(mostFindings).describe('active findings, the gravest first'),
  moreFindings: count.optional().describe('findings that found no room'),
  monitors: z.array(monitor).max(mostDevices),
  accelerators: z.array(accelerator).max(mostDevices),
  disks: z.array(disk).max(mostDevices),
  nics: z.array(nic).max(mostDevices),
})

/** A report that somebody wrote; undefined where it has another form. */
export function readReport(report: unknown): NodeHealthReport | undefined {
  const read = nodeHealthReport.safeParse(report)
  return read.success ? (read.data as NodeHealthReport) : undefined // the same fields: the type of the schema allows undefined
}

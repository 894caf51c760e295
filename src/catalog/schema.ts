/**
 * The catalogue's YAML as zod schemas, for shipped files and users' rule packs. Fields are named and described only
 * here; docs/reference/catalogue.md is generated from it.
 */
import * as z from 'zod'
import { type Remedy, remedies } from '../model/action.ts'
import { conditionTypes } from '../model/condition.ts'
import { logNames } from '../model/evidence.ts'
import { serviceNames } from '../model/on-node/order.ts'
import { lastsChecks } from './compiled.ts'

const duration = z
  .string()
  .regex(/^(\d+(ms|s|m|h|d))+$/, 'not a duration: write it like 30s, 10m, 24h or 1h30m')
  .describe('a duration: 30s, 10m, 24h, 1h30m, 7d')
const severity = z
  .enum(['info', 'warning', 'fatal'])
  .describe('info and warning create an Event; fatal also turns the condition False')
const scope = z
  .enum(['hardware', 'application'])
  .describe(
    'hardware: the node’s own fault (hardware, kernel, services); application: caused by, or limited to, one process or container, and never turns a condition False',
  )
const sample = z.string().min(1)

/** Longer than any kernel line, and short enough for the prefilter's tables. */
const anchor = z.string().min(3).max(1024)

/** An absolute path whose parts may hold `*`, which stands for any characters but `/`. */
export const filePattern = /^(?:\/[\w.*@+:-]+)+$/

/** How a monitor measures the reason. */
export const probeSchema = z.strictObject({
  monitor: z.string().min(1).describe('the monitor that measures it'),
  value: z.string().min(1).describe('a value that the monitor declares'),
  above: z.number().optional().describe('raised above it, in the unit of the value'),
  below: z.number().optional().describe('raised below it; give above or below'),
  clear: z.number().optional().describe('clears at this value; default: the limit itself'),
  message: z.string().min(3).describe('message for people; {value} and the monitor’s parts are filled in'),
  detachable: severity
    .optional()
    .describe('severity on a device that is not part of the machine: a loop device, an optical disc, a pen drive'),
})

/** One way to detect the reason in a log. */
export const detectSchema = z.strictObject({
  source: z.enum(logNames).default('kmsg').describe('the log that the line comes from'),
  units: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('journal only: units that write the line, e.g. kubelet.service; absent: all units'),
  files: z
    .array(z.string().regex(filePattern, 'not a path: write it like /var/log/messages or /var/log/pods/*/*/*.log'))
    .min(1)
    .optional()
    .describe('logfile only: paths of the log files; * stands for any characters but /'),
  contains: z
    .union([anchor, z.array(anchor).min(1)])
    .describe('literal anchors of 3 to 1024 characters, one of which the line must contain (any letter case)'),
  pattern: z.string().optional().describe('RE2 pattern with named groups, searched anywhere in the line'),
  unless: z.array(z.string().min(1)).default([]).describe('literals that exclude the line'),
  decode: z.string().optional().describe('name of a decoder in code, instead of a pattern'),
  message: z.string().optional().describe('message for people; {group} stands for a named group'),
  device: z.string().optional().describe('the affected device, e.g. {device}'),
  code: z
    .string()
    .regex(/^([a-z0-9-]+|\{\w+\})$/, 'a code is lower-case letters, digits and -, or one {group}')
    .optional()
    .describe('short name of what this rule detects, e.g. gpu-lost; {group} for a number in the line'),
  group: z.string().optional().describe('shared by the lines of one incident on one device'),
  severity: severity.optional(),
  detachable: severity
    .optional()
    .describe('severity on a device that is not part of the machine: a loop device, an optical disc, a pen drive'),
  scope: scope.optional(),
  family: z.string().optional(),
  recovery: z.boolean().default(false).describe('this line ends the reason instead of raising it'),
  matches: z.array(sample).min(1).describe('lines that must match; run as tests'),
  ignores: z.array(sample).default([]).describe('near misses that must not match; run as tests'),
})

export const lifecycleSchema = z.strictObject({
  raise: z
    .strictObject({
      count: z.int().min(1).max(10000).default(1).describe('how many lines raise it'),
      within: duration.default('10m').describe('the time within which they must arrive'),
      for: duration.optional().describe('measured reasons: how long the value must be over its limit'),
    })
    .prefault({}),
  hold: duration.default('1m').describe('stays raised at least this long: keeps a condition from flapping'),
  clear: z
    .strictObject({
      after: duration.optional().describe('quiet time after the newest line that ends it'),
      boot: z.boolean().default(true).describe('a new boot ends it'),
    })
    .prefault({}),
  expire: duration.optional().describe('ends it after this time in any case'),
})

/** The words of version 0.1.0, which rule packs may still hold. */
const formerRemedies: ReadonlyMap<unknown, Remedy> = new Map([
  ['none', 'NoAction'],
  ['restart-app', 'RestartApp'],
  ['reset-gpu', 'ResetGPU'],
  ['reboot', 'Reboot'],
  ['replace', 'Replace'],
])

export const reasonSchema = z.strictObject({
  reason: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]{2,63}$/, 'a reason is 3 to 64 letters and digits in PascalCase, like SoftLockup')
    .describe('the name that conditions, Events and metrics carry'),
  condition: z.enum(conditionTypes).optional().describe('defaults to the file’s'),
  family: z.string().optional().describe('defaults to the file’s'),
  severity,
  scope: scope.default('hardware'),
  summary: z.string().min(10).describe('one sentence for people'),
  detect: z.array(detectSchema).default([]).describe('how a log shows it; empty when code raises the reason'),
  probe: probeSchema.optional().describe('how a monitor measures it'),
  lasts: z
    .enum(lastsChecks)
    .optional()
    .describe('how to check whether the fault is still present, for lines logged before the agent first ran'),
  lifecycle: lifecycleSchema.prefault({}),
  repair: z
    .strictObject({
      action: z.preprocess((word) => formerRemedies.get(word) ?? word, z.enum(remedies)).default('NoAction'),
      after: duration
        .default('30m')
        .describe('how long to wait first; advice only, like the action: the policy’s toleration decides'),
      service: z.enum(serviceNames).optional().describe('what RestartService restarts'),
    })
    .refine(({ action, service }) => (action === 'RestartService') === (service !== undefined), {
      error: 'service belongs to the action RestartService, and RestartService needs one',
      path: ['service'],
    })
    .prefault({}),
  drill: z
    .strictObject({ kmsg: z.string().min(3) })
    .optional()
    .describe('an example line; written `raise.count` times, it turns the reason’s condition False'),
  runbook: z.string().min(20).describe('what it means, usual causes, false-positive causes, manual fix'),
})

/** One catalogue file, or one rule pack of a user. */
export const catalogueFileSchema = z.strictObject({
  family: z.string().regex(/^[a-z][a-z0-9-]*$/, 'a family is lower-case letters, digits and -'),
  condition: z.enum(conditionTypes),
  reasons: z.array(reasonSchema).min(1),
})

export type CatalogueFile = z.infer<typeof catalogueFileSchema>
export type ReasonEntry = CatalogueFile['reasons'][number]
export type DetectEntry = ReasonEntry['detect'][number]

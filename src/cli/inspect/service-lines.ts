/** What a line of a service means, by the rules of the journal and of log files. The reader trusts the line's own frame. */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import type { Matchers } from '../../detect/match/matcher.ts'
import type { Peeled } from '../../detect/sources/framing/frame.ts'
import type { Match } from '../../model/finding.ts'

/** What a message of a service means; undefined for nearly every line. */
export type ServiceMeaning = (whole: string, peeled: Peeled) => Match | undefined

/** klog, logfmt or JSON: how services write where nobody puts a frame around their lines. */
const ownForm = /^(?:[IWEF]\d{4} \d\d:\d\d:\d\d\.|\{"(?:level|ts|time|msg|caller|error)":|(?:time|ts|level)=)/
/** A host and a name with its number, where the frame leaves open whose they are. */
const tagged = /^(?:[\w.-]{1,64} )?([\w@().-]{1,64})\[\d{1,10}\]: (.*)$/s
/** PID 1 names the unit that it speaks about first. */
const aboutUnit = /^([\w@:\\.-]{1,200}\.(?:service|scope|slice|mount|socket|timer)): /
const manager = 'init.scope'

/**
 * By the rules of services in `catalogue`. A line with the name of a service is asked as that service's; one without, in a form
 * that services write, as any service's. Lines with the kernel's own stamp are not of the journal.
 */
export function serviceMeaning(catalogue: CompiledCatalogue, matchers: Matchers): ServiceMeaning {
  const rules = catalogue.rules.filter(({ units, files }) => units !== undefined || files !== undefined)
  const units = [...new Set(rules.flatMap(({ units: named = [] }) => named))]
  const files = [...new Set(rules.flatMap(({ files: named = [] }) => named))]
  const asked = (
    texts: readonly string[],
    origins: readonly string[],
    log: 'journal' | 'logfile',
  ): Match | undefined =>
    origins.length === 0
      ? undefined
      : texts.map((text) => matchers.of(log).matchText(text, origins)[0]).find((match) => match !== undefined)
  return (whole, { writer, process, text, shorter, stamp }) => {
    if (stamp?.uptime !== undefined || writer === 'kernel' || writer === 'userspace') return undefined
    if (process !== undefined) return asked([text, ...shorter], unitsOf(process, text, units), 'journal')
    if (writer === 'process') return undefined
    const tag = tagged.exec(text)
    if (tag) return asked([tag[2] ?? ''], unitsOf(tag[1] ?? '', tag[2] ?? '', units), 'journal')
    const texts = [whole.trim(), text].filter((one) => ownForm.test(one))
    return asked(texts, units, 'journal') ?? asked(texts, files, 'logfile')
  }
}

/** Programs whose name is not that of their unit. */
const unitOfProgram: Readonly<Record<string, string>> = {
  dockerd: 'docker.service',
  'nv-fabricmanager': 'nvidia-fabricmanager.service',
  fabricmanager: 'nvidia-fabricmanager.service',
  'nv-hostengine': 'nvidia-dcgm.service',
  mdadm: 'mdmonitor.service',
  CRON: 'cron.service',
  CROND: 'crond.service',
}

/** The units whose lines carry the name of `process`. */
function unitsOf(process: string, text: string, units: readonly string[]): readonly string[] {
  const name = process.replace(/^\((.*)\)$/, '$1').replace(/\[\d+\]$/, '')
  if (name === 'systemd' || name === manager) return [manager, ...(aboutUnit.exec(text)?.slice(1) ?? [])]
  const unit = unitOfProgram[name] ?? (name.endsWith('.service') ? name : `${name}.service`)
  const isOwnWord = text.startsWith(`${process}: `) // then the frame names nobody
  return units.includes(unit) && !isOwnWord ? [unit] : []
}

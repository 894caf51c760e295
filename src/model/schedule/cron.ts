/**
 * Five-field cron expressions and `@` macros, in the grammar that Karpenter's budgets and Kubernetes CronJobs have
 * (github.com/robfig/cron v3, standard parser): days of the week are 0 to 6, ranges do not wrap around, `N/S` runs to the
 * end of the field, and a day must fit both day fields unless both of them are restricted.
 */

/** The minutes of a calendar that an expression names; each list is sorted. */
export interface CronFields {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>
  /** True where one of both day fields restricts nothing: then a day fits both of them, otherwise either. */
  readonly bothDays: boolean
}

/** The fields, or what is wrong with the text. */
export type ReadCron = { readonly fields: CronFields } | { readonly trouble: string }

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  /** Names of the values from `min` on. */
  readonly names?: readonly string[]
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const fieldList = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: monthNames },
  { name: 'day of the week', min: 0, max: 6, names: weekdayNames },
] as const satisfies readonly Field[]

/** What each macro stands for. */
export const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Says what is wrong with one field. */
class FieldTrouble extends Error {}

/** Reads an expression. */
export function readCron(text: string): ReadCron {
  if (text.startsWith('@') && macros[text] === undefined) {
    return { trouble: `${text} is no macro; write one of ${Object.keys(macros).join(', ')}` }
  }
  const parts = (macros[text] ?? text).trim().split(/\s+/)
  if (parts.length !== fieldList.length) {
    return {
      trouble: 'write five fields (minute, hour, day of the month, month, day of the week) or a macro like @daily',
    }
  }
  try {
    const read = fieldList.map((field, index) => readField(parts[index] ?? '', field))
    const [minutes, hours, days, months, weekdays] = read
    if (!minutes || !hours || !days || !months || !weekdays) throw new FieldTrouble('a field is missing')
    return {
      fields: {
        minutes: sorted(minutes.values),
        hours: sorted(hours.values),
        days: days.values,
        months: months.values,
        weekdays: weekdays.values,
        bothDays: days.any || weekdays.any,
      },
    }
  } catch (error) {
    if (error instanceof FieldTrouble) return { trouble: error.message }
    throw error
  }
}

interface ReadField {
  readonly values: ReadonlySet<number>
  /** `*` or `?` is among its items, without a step. */
  readonly any: boolean
}

function readField(text: string, field: Field): ReadField {
  const items = text.split(',').map((item) => readItem(item, field))
  return { values: new Set(items.flatMap((one) => one.values)), any: items.some((one) => one.any) }
}

function readItem(item: string, field: Field): { readonly values: readonly number[]; readonly any: boolean } {
  const [range = '', stepText, ...more] = item.split('/')
  if (more.length > 0) throw trouble(field, item, 'has more than one step')
  const step = stepText === undefined ? 1 : numberOf(stepText, item, { ...field, names: [] })
  if (step === 0) throw trouble(field, item, 'has a step of 0')
  const star = range === '*' || range === '?'
  const [from, to] = star ? [field.min, field.max] : boundsOf(range, item, field, stepText !== undefined)
  if (from < field.min || to > field.max) throw trouble(field, item, `is outside of ${field.min} to ${field.max}`)
  if (from > to) throw trouble(field, item, 'ends before it begins')
  const values = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step)
  return { values, any: star && step === 1 }
}

function boundsOf(range: string, item: string, field: Field, stepped: boolean): readonly [number, number] {
  const [low = '', high, ...more] = range.split('-')
  if (more.length > 0) throw trouble(field, item, 'has more than one hyphen')
  const from = numberOf(low, item, field)
  return [from, high === undefined ? (stepped ? field.max : from) : numberOf(high, item, field)]
}

function numberOf(text: string, item: string, field: Field): number {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return field.min + named
  if (!/^[0-9]{1,4}$/.test(text)) throw trouble(field, item, `has ${text === '' ? 'nothing' : text} for a number`)
  return Number(text)
}

function trouble({ name }: Field, item: string, what: string): FieldTrouble {
  return new FieldTrouble(`the ${name} "${item}" ${what}`)
}

function sorted(values: ReadonlySet<number>): readonly number[] {
  return [...values].sort((a, b) => a - b)
}

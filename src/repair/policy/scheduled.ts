/** The parts of a policy that hold by a schedule: budgets and maintenance windows. */
import type { Budget } from '../../model/policy.ts'
import { readSchedule } from '../../model/schedule/schedule.ts'
import type { Window } from '../../model/schedule/window.ts'
import { ms, quantity } from './amounts.ts'
import type { PolicySpec } from './schema.ts'

/** A value that cannot be taken, and what to write in its place. */
interface ScheduleRefusal {
  readonly field: string
  readonly value: string
  readonly remedy: string
}

/** What the schema cannot say of budgets. */
export function budgetRefusals({ budgets }: PolicySpec): readonly ScheduleRefusal[] {
  return budgets.flatMap((budget, index) => {
    const field = `spec.budgets[${index}]`
    const { schedule, duration, timeZone, scope = 'Selected', label } = budget
    const missing = (name: string, remedy: string): ScheduleRefusal => ({
      field: `${field}.${name}`,
      value: 'missing',
      remedy,
    })
    const together = 'schedule and duration belong together: write both, or neither'
    return [
      ...(schedule !== undefined && duration === undefined ? [missing('duration', together)] : []),
      ...(schedule === undefined && duration !== undefined ? [missing('schedule', together)] : []),
      ...(timeZone !== undefined && schedule === undefined
        ? [missing('schedule', 'timeZone is that of a schedule: write a schedule, too')]
        : []),
      ...(scope === 'Label' && label === undefined
        ? [missing('label', 'scope Label counts the nodes with one value of a label: name the label')]
        : []),
      ...(scope !== 'Label' && label !== undefined
        ? [
            {
              field: `${field}.label`,
              value: label,
              remedy: `label belongs to scope: Label, and this budget has scope ${scope}`,
            },
          ]
        : []),
      ...scheduleRefusals(field, budget),
    ]
  })
}

/** What the schema cannot say of maintenance windows. */
export function windowRefusals({ windows = [] }: PolicySpec): readonly ScheduleRefusal[] {
  return windows.flatMap((window, index) => scheduleRefusals(`spec.windows[${index}]`, window))
}

interface Scheduled {
  readonly schedule?: string | undefined
  readonly duration?: string | undefined
  readonly timeZone?: string | undefined
}

/** A schedule that never hits is a slip of the pen, too. */
function scheduleRefusals(field: string, { schedule, timeZone }: Scheduled): readonly ScheduleRefusal[] {
  if (schedule === undefined) return []
  const read = readSchedule(schedule, timeZone)
  if ('trouble' in read) {
    const value = read.part === 'schedule' ? schedule : (timeZone ?? '')
    return [{ field: `${field}.${read.part}`, value: JSON.stringify(value), remedy: read.trouble }]
  }
  if (read.schedule.next(0) !== undefined) return []
  const remedy = 'no day of the calendar fits it: look at the day of the month and the month'
  return [{ field: `${field}.schedule`, value: JSON.stringify(schedule), remedy }]
}

/** A budget whose spec has been checked. */
export function budgetOf({
  nodes,
  reasons,
  scope = 'Selected',
  label,
  ...scheduled
}: PolicySpec['budgets'][number]): Budget {
  const [window] = windowOf(scheduled)
  return {
    nodes: quantity(nodes),
    ...(reasons && { reasons }),
    ...(scope !== 'Selected' && { scope }),
    ...(label !== undefined && { label }),
    ...(window && { window }),
  }
}

/** None where there is no schedule; what it says has been checked. */
export function windowOf({ schedule, duration, timeZone }: Scheduled): readonly Window[] {
  if (schedule === undefined || duration === undefined) return []
  const read = readSchedule(schedule, timeZone)
  return 'schedule' in read ? [{ schedule: read.schedule, durationMs: ms(duration) }] : []
}

/** Every dashboard: one file of `deploy/chart/files/dashboards`, written by `npm run dashboards`. */
import { drills } from './drills.ts'
import { fleet } from './fleet.ts'
import { oneNode } from './node.ts'
import { repairs } from './repairs.ts'

const builders = { fleet, node: oneNode, repairs, drills }

/** File name and content of each. */
export const dashboards = Object.entries(builders).map(([name, builder]) => ({
  file: `deploy/chart/files/dashboards/${name}.json`,
  text: `${JSON.stringify(builder.build(), null, 2)}\n`,
}))

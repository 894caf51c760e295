/** For every alert: series under which it fires, and series close to them under which it does not. */

/** One input series in promtool's notation: its name with labels, and its values minute by minute. */
type Series = Readonly<Record<string, string>>

export interface AlertCase {
  readonly fires: Series
  /** How many alerts fire; 1 unless said otherwise. */
  readonly count?: number
  readonly quiet: Series
}

const hold = 'x1600' // longer than a day
const always = (value: number): string => `${value}${hold}`
const on = (metric: string, labels = '', instance = 'a'): string =>
  `${metric}{job="nodemend",instance="${instance}"${labels && `,${labels}`}}`
const node = (name = 'n1', instance = 'a'): Series => ({
  [on('nodemend_node_info', `node="${name}"`, instance)]: always(1),
})
/** One value of a gauge of an agent on node n1. */
const agent = (metric: string, value: number, labels = ''): Series => ({
  ...node(),
  [on(metric, labels)]: always(value),
})
const controller = (metric: string, value: number, labels = ''): Series => ({ [on(metric, labels)]: always(value) })
/** A counter that stays at 0 for two minutes and at `value` from then on. */
const counted = (value: number): string => `0x2 ${value}${hold}`
const many = (sick: number, all: number): Series =>
  Object.assign(
    {},
    ...Array.from({ length: all }, (_, index) => ({
      ...node(`n${index}`, `i${index}`),
      [on('nodemend_condition_status', 'type="KernelReady",status="False"', `i${index}`)]: always(index < sick ? 1 : 0),
    })),
  )
const found = (nodes: number): Series =>
  Object.assign(
    {},
    ...Array.from({ length: nodes }, (_, index) => ({
      ...node(`n${index}`, `i${index}`),
      // Again and again, so that it is seen in every hour.
      [on('nodemend_findings_total', 'reason="SoftLockup",severity="warning"', `i${index}`)]: '0+1x1600',
    })),
  )
const condition = (status: string, value: number): Series =>
  agent('nodemend_condition_status', value, `type="StorageReady",status="${status}"`)
const decision = (gate: string, outcome: string, value: number): Series =>
  controller('nodemend_decisions', value, `gate="${gate}",outcome="${outcome}"`)
const buckets = (le: string): Series => ({
  [on('nodemend_pass_seconds_bucket', 'le="1"')]: le === '1' ? '0+6x1600' : always(0),
  [on('nodemend_pass_seconds_bucket', 'le="15"')]: '0+6x1600',
  [on('nodemend_pass_seconds_bucket', 'le="+Inf"')]: '0+6x1600',
})

export const alertCases: Readonly<Record<string, AlertCase>> = {
  NodemendNodeSick: { fires: condition('False', 1), quiet: condition('True', 1) },
  NodemendNodeSickForHours: { fires: condition('False', 1), quiet: condition('False', 0) },
  NodemendConditionUnknown: { fires: condition('Unknown', 1), quiet: condition('Unknown', 0) },
  NodemendManyNodesSick: { fires: many(3, 20), quiet: many(2, 5) },
  NodemendReasonOnManyNodes: { fires: found(5), quiet: found(4) },
  NodemendAgentDown: {
    // The last scrape that reached it is a few minutes old.
    fires: { [on('nodemend_node_info', 'node="n1"')]: '1x3 _x1600', [on('up')]: `1x3 0${hold}` },
    quiet: { ...node(), [on('up')]: always(1) },
  },
  NodemendAgentCannotReport: {
    fires: agent('nodemend_report_blocked_seconds', 301, 'resource="events"'),
    quiet: agent('nodemend_report_blocked_seconds', 299, 'resource="events"'),
  },
  NodemendMonitorBlind: {
    fires: {
      ...agent('nodemend_monitor_state', 1, 'monitor="kmsg",state="blind"'),
      ...agent('nodemend_monitor_state', 1, 'monitor="conntrack",state="stuck"'),
    },
    count: 2,
    quiet: agent('nodemend_monitor_state', 1, 'monitor="kmsg",state="pending"'),
  },
  NodemendKernelLogLost: {
    fires: { ...node(), [on('nodemend_kmsg_lost_records_total')]: counted(40) },
    quiet: agent('nodemend_kmsg_lost_records_total', 40),
  },
  NodemendFindingsDropped: {
    fires: {
      ...node(),
      [on('nodemend_dropped_total', 'kind="findings"')]: counted(1),
      [on('nodemend_events_given_up_total', 'severity="fatal"')]: always(0),
    },
    quiet: {
      ...agent('nodemend_dropped_total', 3, 'kind="findings"'),
      ...agent('nodemend_events_given_up_total', 3, 'severity="fatal"'),
    },
  },
  NodemendStateNotSaved: {
    fires: agent('nodemend_state_unsaved_seconds', 400),
    quiet: agent('nodemend_state_unsaved_seconds', 20),
  },
  NodemendConfigurationRefused: {
    fires: agent('nodemend_config_refused', 1, 'kind="rules"'),
    quiet: agent('nodemend_config_refused', 0, 'kind="rules"'),
  },
  NodemendHostProgramBlocked: {
    fires: agent('nodemend_children_left_behind', 1),
    quiet: agent('nodemend_children_left_behind', 0),
  },
  NodemendRightsMissing: {
    fires: controller('nodemend_missing_rights', 2),
    quiet: controller('nodemend_missing_rights', 0),
  },
  NodemendNoLeader: { fires: controller('nodemend_leader', 0), quiet: controller('nodemend_leader', 1) },
  NodemendControllerNotSynced: {
    fires: { ...controller('nodemend_synced', 0), ...controller('nodemend_leader', 1) },
    quiet: { ...controller('nodemend_synced', 0), ...controller('nodemend_leader', 0) },
  },
  NodemendControllerFrozen: { fires: controller('nodemend_frozen', 1), quiet: controller('nodemend_frozen', 0) },
  NodemendPolicyRefused: {
    fires: controller('nodemend_policies', 1, 'state="refused"'),
    quiet: controller('nodemend_policies', 4, 'state="accepted"'),
  },
  NodemendRepairFailed: {
    fires: { [on('nodemend_repairs_total', 'outcome="Failed",condition="KernelReady",action="Reboot"')]: counted(1) },
    quiet: {
      [on('nodemend_repairs_total', 'outcome="Succeeded",condition="KernelReady",action="Reboot"')]: counted(1),
    },
  },
  NodemendDrainBlocked: {
    fires: controller('nodemend_repairs_open', 1, 'phase="Blocked"'),
    quiet: controller('nodemend_repairs_open', 1, 'phase="Draining"'),
  },
  NodemendRepairOutcomeUnknown: {
    fires: controller('nodemend_repairs_open', 1, 'phase="Unknown"'),
    quiet: controller('nodemend_repairs_open', 1, 'phase="Acting"'),
  },
  NodemendRepairNeedsApproval: { fires: decision('approval', 'wait', 1), quiet: decision('toleration', 'wait', 1) },
  NodemendRepairRefused: { fires: decision('breaker', 'refuse', 2), quiet: decision('budget', 'wait', 2) },
  NodemendConditionStale: {
    fires: controller('nodemend_stale_conditions', 1),
    quiet: controller('nodemend_stale_conditions', 0),
  },
  NodemendNodeClockSkewed: {
    fires: controller('nodemend_clock_skewed_nodes', 1),
    quiet: controller('nodemend_clock_skewed_nodes', 0),
  },
  NodemendControllerErrors: {
    fires: { [on('nodemend_controller_errors_total', 'during="watching"')]: '0+1x1600' },
    quiet: { [on('nodemend_controller_errors_total', 'during="watching"')]: counted(1) },
  },
  NodemendPassSlow: { fires: buckets('15'), quiet: buckets('1') },
  NodemendVetoForgotten: {
    fires: controller('nodemend_vetoed_nodes', 1),
    quiet: controller('nodemend_vetoed_nodes', 0),
  },
}

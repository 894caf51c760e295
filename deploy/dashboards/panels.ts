/** The few kinds of panels that the dashboards use, all asking the Prometheus that the reader has chosen. */
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { ReduceDataOptionsBuilder } from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  type DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  MappingType,
  type Panel,
  RowBuilder,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

export const source = { type: 'prometheus', uid: `\${datasource}` }

/** The shared cursor of all panels of a dashboard. */
const sharedCursor: DashboardCursorSync = 1

export interface Text {
  readonly title: string
  /** What it shows and when to worry. */
  readonly description: string
}

/** One query and the name of its series. */
export interface Query {
  readonly expr: string
  readonly legend?: string
}

export interface Section {
  readonly title: string
  readonly panels: readonly Builder<Panel>[]
}

export interface Page extends Text {
  readonly uid: string
  readonly variables?: readonly Parameters<DashboardBuilder['withVariable']>[0][]
  readonly sections: readonly Section[]
}

/** A dashboard with a choice of data source and links to its siblings. */
export function dashboard({ uid, title, description, variables = [], sections }: Page): DashboardBuilder {
  const siblings = new DashboardLinkBuilder('Nodemend')
    .type(DashboardLinkType.Dashboards)
    .tags(['nodemend'])
    .keepTime(true)
    .includeVars(true)
    .asDropdown(true)
  const builder = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['nodemend'])
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-6h', to: 'now' })
    .tooltip(sharedCursor)
    .link(siblings)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
  for (const variable of variables) builder.withVariable(variable)
  for (const section of sections) {
    builder.withRow(new RowBuilder(section.title))
    for (const panel of section.panels) builder.withPanel(panel)
  }
  return builder
}

/** Values above the limit are red. */
export function redAbove(limit: number): Builder<ThresholdsConfig> {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'green' },
    { value: limit, color: 'red' },
  ])
}

/** Values below the limit are red. */
export function redBelow(limit: number): Builder<ThresholdsConfig> {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: 'red' },
    { value: limit, color: 'green' },
  ])
}

/** One number, now. */
export function number(text: Text, expr: string, thresholds?: Builder<ThresholdsConfig>): StatBuilder {
  const panel = new StatBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(source)
    .span(4)
    .height(4)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .withTarget(query({ expr }).instant())
  return thresholds ? panel.thresholds(thresholds) : panel
}

/** Lines over time. `unit` is Grafana's name of it. */
export function lines(text: Text, queries: readonly Query[], unit = 'short'): LinesBuilder {
  return new LinesBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(source)
    .unit(unit)
    .min(0)
    .span(12)
    .height(8)
    .fillOpacity(10)
    .targets(queries.map((one, index) => query(one, `q${index + 1}`)))
}

/** The current series as rows. */
export function table(text: Text, expr: string, hidden: readonly string[] = []): TableBuilder {
  const excludeByName = Object.fromEntries(['Time', ...hidden].map((name) => [name, true]))
  return new TableBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(source)
    .span(12)
    .height(8)
    .withTarget(query({ expr }).instant().format(PromQueryFormat.Table))
    .withTransformation({ id: 'organize', options: { excludeByName } })
}

/** Conditions over time: 1 is True, 0 Unknown, -1 False. */
export function conditionTimeline(text: Text, { expr, legend }: Required<Query>): TimelineBuilder {
  const words = { '1': ['True', 'green'], '0': ['Unknown', 'orange'], '-1': ['False', 'red'] } as const
  const options = Object.fromEntries(
    Object.entries(words).map(([value, [word, color]], index) => [value, { text: word, color, index }]),
  )
  return new TimelineBuilder()
    .title(text.title)
    .description(text.description)
    .datasource(source)
    .span(24)
    .height(7)
    .mappings([{ type: MappingType.ValueToText, options }])
    .withTarget(query({ expr, legend }))
}

function query({ expr, legend }: Query, refId = 'q1'): DataqueryBuilder {
  const built = new DataqueryBuilder().expr(expr).refId(refId)
  return legend === undefined ? built : built.legendFormat(legend)
}

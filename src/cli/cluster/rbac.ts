/** `nodemend rbac`: the smallest role of a program, for `kubectl apply -f -`. */
import { Command } from 'commander'
import { Document, isMap, isSeq, stringify, type Node as YamlNode } from 'yaml'
import { agentRights } from '../../detect/report/rights.ts'
import { drillRights } from '../../drill/control/rights.ts'
import { type Right, resourceText } from '../../kube/rights/right.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { onNodeAdmission } from '../../repair/act/on-node/admission.ts'
import { rightsWithProviders } from '../../repair/rights/rights.ts'
import { cleanUpRights } from '../clean-up/rights.ts'
import type { Io } from '../io.ts'
import { providersOption } from './providers-option.ts'

const rbacGroup = 'rbac.authorization.k8s.io'

interface Flags {
  readonly namespace: string
  readonly serviceAccount: string
}

/** Who gets the rights. */
export interface Holder {
  /** Name of roles and bindings. */
  readonly name: string
  readonly serviceAccount: string
  readonly namespace: string
}

export function rbacCommand(io: Io): Command {
  const agent = program('agent').action((flags: Flags) => {
    io.stdout(roleManifest(holderOf('agent', flags), agentRights))
  })
  const controller = program('controller')
    .addOption(providersOption('whose rights it needs'))
    .option(
      '--on-node <IMAGE>',
      'it acts on nodes by pods of this image in its namespace: these rights, and what limits them',
    )
    .action((flags: Flags & { readonly providers: readonly ProviderName[]; readonly onNode?: string }) => {
      const { namespace, serviceAccount, providers, onNode: image } = flags
      const rights = rightsWithProviders(namespace, providers, image !== undefined)
      io.stdout(roleManifest(holderOf('controller', flags), rights))
      if (image === undefined) return
      const name = `${serviceAccount}-on-node.${namespace}`
      for (const one of onNodeAdmission({ name, namespace, serviceAccount, image }))
        io.stdout(`---\n${stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })}`)
    })
  const cleanUp = program('clean-up').action((flags: Flags) => {
    io.stdout(roleManifest(holderOf('clean-up', flags), cleanUpRights(flags.namespace)))
  })
  const drills = program('drills').action((flags: Flags) => {
    io.stdout(roleManifest(holderOf('drills', flags), drillRights(flags.namespace)))
  })
  return new Command('rbac')
    .description('print the smallest role of a program, with why it needs each right, for kubectl apply -f -')
    .addCommand(agent)
    .addCommand(controller)
    .addCommand(cleanUp)
    .addCommand(drills)
}

function program(name: string): Command {
  return new Command(name)
    .description(`the role of nodemend ${name}`)
    .option('--namespace <NAME>', 'namespace of its pods', 'default')
    .option('--service-account <NAME>', 'ServiceAccount of its pods', `nodemend-${name}`)
}

function holderOf(name: string, { namespace, serviceAccount }: Flags): Holder {
  return { name: `nodemend-${name}`, serviceAccount, namespace }
}

/** ServiceAccount, roles and bindings as YAML, with a comment for every rule that says what does not work without it. */
export function roleManifest(holder: Holder, rights: readonly Right[]): string {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: holder.serviceAccount, namespace: holder.namespace },
  }
  return [account, ...roleObjects(holder, rights)].map((one) => commented(one, rights)).join('---\n')
}

/** A rule of a role. */
export interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}

export interface RoleObject {
  readonly apiVersion: string
  readonly kind: 'ClusterRole' | 'Role' | 'ClusterRoleBinding' | 'RoleBinding'
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
}

/** One ClusterRole for what has no namespace or is needed in all, one Role per namespace, and their bindings. */
function roleObjects(holder: Holder, rights: readonly Right[]): readonly RoleObject[] {
  const { name, serviceAccount, namespace: home } = holder
  const subjects = [{ kind: 'ServiceAccount', name: serviceAccount, namespace: home }]
  return rolesOf(name, rights).flatMap((role) => {
    const { apiVersion, metadata, kind } = role
    const roleRef = { apiGroup: rbacGroup, kind, name }
    const bindingKind = kind === 'Role' ? 'RoleBinding' : 'ClusterRoleBinding'
    return [role, { apiVersion, kind: bindingKind, metadata, roleRef, subjects }]
  })
}

/** The roles alone, without who gets them. */
export function rolesOf(name: string, rights: readonly Right[]): readonly RoleObject[] {
  const apiVersion = `${rbacGroup}/v1`
  return [...Map.groupBy(rights, ({ namespace }) => namespace)].map(([namespace, own]) => {
    const rules = [...Map.groupBy(own, placeOf).values()].map((same): Rule => {
      const [first] = same
      return {
        apiGroups: [first?.group ?? ''],
        resources: [first === undefined ? '' : resourceText(first)],
        verbs: [...new Set(same.flatMap(({ verbs }) => verbs))],
      }
    })
    return namespace === undefined
      ? { apiVersion, kind: 'ClusterRole', metadata: { name }, rules }
      : { apiVersion, kind: 'Role', metadata: { name, namespace }, rules }
  })
}

function placeOf(right: Right): string {
  return `${right.group}/${resourceText(right)}`
}

function commented(object: object, rights: readonly Right[]): string {
  const document = new Document(object, { aliasDuplicateObjects: false })
  const rules = document.get('rules')
  if (isSeq(rules)) {
    const namespace = document.getIn(['metadata', 'namespace'])
    for (const rule of rules.items) {
      if (!isMap(rule)) continue
      const { apiGroups, resources } = rule.toJSON() as Rule // made of one above
      const place = `${apiGroups[0]}/${resources[0]}`
      const same = rights.filter((one) => one.namespace === namespace && placeOf(one) === place)
      setComment(rule, same.map(commentOf))
    }
  }
  return document.toString({ lineWidth: 0 })
}

function setComment(node: YamlNode, lines: readonly string[]): void {
  node.commentBefore = [...new Set(lines)].map((line) => ` ${line}`).join('\n')
}

function commentOf({ verbs, why, optional }: Right): string {
  return `${verbs.join(', ')}; without: ${why}${optional ? ' (optional)' : ''}`
}

/** Replace-first against a group that lives: other hands resize it, controllers end at any change, machines come late or never. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Growth, nextGrowth } from './growth.ts'
import { ModelCloud } from './testing/cloud.ts'

const noon = Date.parse('2026-03-01T12:00:00Z')
const sick = 'i-00000001'
const other = 'i-00000002'

/** What a turn does before the program ends: a crash after the first of two changes, before any, or none. */
type Crash = 'never' | 'before' | 'between'

interface Scene {
  readonly cloud: ModelCloud
  now: number
  launched: number
}

function scene(size: number, room: number): Scene {
  const ids = Array.from({ length: size }, (_, at) => `i-0000000${at + 1}`)
  return { cloud: new ModelCloud(ids, size + room), now: noon, launched: 0 }
}

/** One `begin` of the provider for `instance`, as far as the group is concerned. */
async function turn({ cloud, now }: Scene, instance: string, crash: Crash): Promise<Growth | undefined> {
  if (!cloud.machine(instance).lifecycle.startsWith('InService')) return undefined
  const group = await cloud.cloud().group('asg', 1_000)
  assert.ok(group)
  const next = nextGrowth(group, instance, now)
  if (next.do === 'wait' || crash === 'before') return next
  const { change } = cloud.cloud()
  if (next.do === 'end') {
    await change({ kind: 'terminate', instance, decrement: next.decrement }, 1_000)
    return next
  }
  if (group.mark !== next.mark) await change({ kind: 'mark', group: 'asg', mark: next.mark }, 1_000)
  if (crash !== 'between') await change({ kind: 'resize', group: 'asg', desired: next.desired }, 1_000)
  return next
}

/** The group starts what it lacks, if there is capacity. */
function launch(scene: Scene, capacity: boolean): void {
  const { cloud } = scene
  cloud.finish()
  while (capacity && cloud.members.length < cloud.desired) cloud.start(`i-1000000${scene.launched++}`, 'Pending')
}

const crashes = fc.constantFrom<Crash>('never', 'before', 'between')
const steps = fc.array(
  fc.record({ crash: crashes, seconds: fc.integer({ min: 1, max: 240 }), capacity: fc.boolean() }),
  { minLength: 1, maxLength: 30 },
)

test('the group is larger by one at most, within its maximum, ends the machine once, and has its former size in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 2 }),
      steps,
      async (size, room, events) => {
        const world = scene(size, room)
        const { cloud } = world
        const done = { crash: 'never' as const, seconds: 60, capacity: true }
        for (const { crash, seconds, capacity } of [...events, ...Array.from({ length: 15 }, () => done)]) {
          await turn(world, sick, crash)
          assert.ok(cloud.desired <= Math.min(size + 1, cloud.max), `${cloud.desired} of ${size}`)
          world.now += seconds * 1_000
          launch(world, capacity)
        }
        assert.equal(cloud.desired, size)
        assert.deepEqual(
          cloud.changes.flatMap((one) => (one.kind === 'terminate' ? [one.instance] : [])),
          [sick],
        )
      },
    ),
  )
})

test('two at once go one after the other: never larger by two', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 6 }), steps, async (size, events) => {
      const world = scene(size, 4)
      const { cloud } = world
      const done = { crash: 'never' as const, seconds: 60, capacity: true }
      for (const { crash, seconds, capacity } of [...events, ...Array.from({ length: 40 }, () => done)]) {
        await turn(world, sick, crash)
        await turn(world, other, 'never')
        assert.ok(cloud.desired <= size + 1, `${cloud.desired} of ${size}`)
        world.now += seconds * 1_000
        launch(world, capacity)
      }
      assert.equal(cloud.desired, size)
      assert.equal(cloud.changes.filter(({ kind }) => kind === 'terminate').length, 2)
    }),
  )
})

test('the machine stays until its replacement is in service, or ten minutes have passed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_200_000 }), async (waited) => {
      const world = scene(3, 1)
      await turn(world, sick, 'never')
      world.now += waited
      const next = await turn(world, sick, 'never')
      assert.deepEqual(next?.do, waited >= 600_000 ? 'end' : 'wait')
    }),
    { examples: [[599_999], [600_000]] },
  )
  const world = scene(3, 1)
  await turn(world, sick, 'never')
  launch(world, true)
  assert.equal((await turn(world, sick, 'never'))?.do, 'wait', 'it is pending')
  launch(world, true)
  assert.deepEqual(await turn(world, sick, 'never'), { do: 'end', decrement: true })
})

test('no room: the machine goes first, and the group keeps its size', async () => {
  const world = scene(3, 0)
  assert.deepEqual(await turn(world, sick, 'never'), { do: 'end', decrement: false })
  assert.equal(world.cloud.desired, 3)
})

test('somebody made the group smaller meanwhile: the size that they chose stays', async () => {
  const world = scene(3, 2)
  await turn(world, sick, 'never')
  world.cloud.desired = 3
  world.now += 120_000
  assert.deepEqual(await turn(world, sick, 'never'), { do: 'end', decrement: false })
  assert.equal(world.cloud.desired, 3)
})

test('a tag that is none of ours means nothing', async () => {
  for (const mark of ['', 'hello', 'i-00000001 x y', 'i-00000001 4 never', `i-00000001; ${noon}`]) {
    const world = scene(3, 1)
    world.cloud.mark = mark
    assert.equal((await turn(world, sick, 'never'))?.do, 'grow', mark)
  }
})

test('a growth that was given up is taken over after half an hour, and not added to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3_600_000 }), async (waited) => {
      const world = scene(3, 2)
      await turn(world, sick, 'never')
      launch(world, true)
      launch(world, true)
      world.now += waited
      const next = await turn(world, other, 'never')
      assert.equal(next?.do, waited >= 1_800_000 ? 'grow' : 'wait')
      assert.equal(world.cloud.desired, 4)
      if (next?.do === 'wait') return
      assert.deepEqual(await turn(world, other, 'never'), { do: 'end', decrement: true })
      assert.equal(world.cloud.desired, 3)
    }),
    { examples: [[1_799_999], [1_800_000]] },
  )
})

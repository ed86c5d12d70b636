import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../fleet/programs.ts'
import { folder } from './bundles.ts'

const ROOT = join(import.meta.dirname, '../..')

/** A program as on another machine: the given JavaScript runs before the program does. */
const before = (script: string) => `--import=data:text/javascript,${encodeURIComponent(script)}`
const withOldNode = "Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})"
const onMac = ";Object.defineProperty(process,'platform',{value:'darwin'})"
const without = (name: string) => `import{registerHooks}from'node:module';registerHooks({resolve(s,c,next){
  if(s==='${name}')throw Object.assign(new Error("Cannot find package '${name}'"),{code:'ERR_MODULE_NOT_FOUND'});
  return next(s,c)}})`

const run = (args: string[], script: string) =>
  spawnSync(process.execPath, [before(script), ...args], { cwd: ROOT, encoding: 'utf8', timeout: 20_000 })

describe('a machine whose own Node is too old', () => {
  it.each([
    ['npx lifesign', ['bin/lifesign.mjs', '--help']],
    ['npm start', ['bin/run.mjs', 'bin/local.ts', '--help']],
    ['cdk synth', ['bin/run.mjs', 'bin/app.ts']],
  ])('is told in one sentence by %s what is needed where no Node 24 was installed', (_, args) => {
    const { status, stdout, stderr } = run(args, withOldNode + onMac)
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^lifesign: Node 24 or newer is needed.*npm ci/)])
  })

  it.runIf(process.platform === 'linux')('runs the program on the Node 24 that npm ci installed', () => {
    const { status, stdout, stderr } = run(['bin/run.mjs', 'bin/local.ts', '--help'], withOldNode)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^npm start -- \[-c name=value\]/)
  })
})

describe('a checkout without the engines of the local run, as who only deploys has it', () => {
  it.each(['fauxqs', 'dynalite'])('says in one sentence how to get them when %s is missing', async (name) => {
    for (const program of ['local', 'engines'] as const) {
      const child = start(program, { LIFESIGN_DATA: folder(), NODE_OPTIONS: before(without(name)) })
      const { code } = await child.ended
      const sentence = `error: the engines of the local run are not installed (${name} is missing): run \`npm ci\``
      expect(child.lines).toEqual([sentence])
      expect(code).toBe(1)
    }
  })
})

interface Locked {
  integrity?: string
  resolved?: string
  link?: boolean
  hasInstallScript?: boolean
  /** Inside the package of another one, and covered by its hash. */
  inBundle?: boolean
}

describe('what npm ci installs', () => {
  const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
  const packages: Record<string, Locked> = read('package-lock.json').packages
  const installed = Object.entries(packages).filter(
    ([path, { link, inBundle }]) => path.includes('node_modules/') && !link && !inBundle,
  )

  it('is what the lockfile holds the hash of, from whatever registry', () => {
    expect(installed.length).toBeGreaterThan(100)
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([])
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
  })

  it('runs no install script of any package, Node 24 included', () => {
    const withScript = installed.filter(([, { hasInstallScript }]) => hasInstallScript)
    const names = new Set(withScript.map(([path]) => path.split('node_modules/').at(-1) ?? ''))
    expect(read('package.json').allowScripts).toEqual(Object.fromEntries([...names].map((name) => [name, false])))
  })

  it('has the tools of a deploy among the dependencies, and the engines in a workspace that a deploy leaves out', () => {
    const { dependencies, devDependencies } = read('package.json')
    for (const name of ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'esbuild']) {
      expect(dependencies).toHaveProperty(name)
      expect(devDependencies).not.toHaveProperty(name)
    }
    for (const name of ['fauxqs', 'dynalite']) {
      expect(dependencies).not.toHaveProperty(name)
      expect(read('local/package.json').dependencies).toHaveProperty(name)
    }
  })
})

import { accessSync, constants, mkdirSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { folderProblem } from '../support/data-folder.ts'
import { closeServer, type ListenTarget, listen, urlOf } from '../support/listen.ts'
import { FOREIGN_HOST, isNoForeignName } from '../support/own-host.ts'
import type { Engine } from './engine.ts'
import { installed } from './installed.ts'
import { makeRequestCounts } from './request-counts.ts'

/**
 * DynamoDB by dynalite, with its tables under `data`. Each write is passed to the operating system before it is
 * answered, so a killed process loses no write that was answered.
 */
export async function startDynamodb(place: ListenTarget, data: string): Promise<Engine> {
  const { default: dynalite } = await installed('dynalite', () => import('dynalite'))
  const path = join(data, 'dynamodb')
  await checkFolder(data, path)
  const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  const counts = makeRequestCounts()
  refuseForeignNames(server)
  server.on('request', (request) => {
    counts.count(request.headers['x-amz-target'])
    // dynalite throws when a client closes the connection during a request. Its own listener was added first and is
    // replaced here.
    request.removeAllListeners('error')
    request.on('error', () => {})
  })
  const port = await listen(server, place)
  const stop = async () => {
    server.closeIdleConnections()
    await closeServer(server, 500)
  }
  return { port, url: urlOf(port), requests: counts.read, stop }
}

/** Refuses requests with foreign names; dynalite's own listener receives only the others. */
function refuseForeignNames(server: Server): void {
  const [serve] = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (isNoForeignName(request.headers.host)) serve?.call(server, request, response)
    else response.writeHead(403, { 'content-type': 'application/json' }).end(FOREIGN_HOST)
  })
}

/** dynalite opens its store late and does not report why that failed, so the store is opened and closed once before. */
async function checkFolder(data: string, path: string): Promise<void> {
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    const store = openerOf(path)
    await store.open()
    await store.close()
  } catch (error) {
    throw folderProblem(data, error)
  }
}

interface Store {
  open(): Promise<void>
  close(): Promise<void>
}
function openerOf(path: string): Store {
  const { Level }: { Level: new (path: string) => Store } = createRequire(import.meta.resolve('dynalite'))('level')
  return new Level(path)
}

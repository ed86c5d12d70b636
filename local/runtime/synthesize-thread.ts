import { parentPort, workerData } from 'node:worker_threads'
import { synthesizeFleet } from '../../lib/synth.ts'

parentPort?.postMessage(synthesizeFleet(workerData))

import { defineConfig, mergeConfig } from 'vitest/config'
import unit from '../../vitest.config.ts'

/**
 * Whole fleets in virtual time, and the parts of the simulation: they only compute, so as many run as there are cores.
 * They may run at a low priority beside another lane, so the time that a test takes says nothing about it.
 */
const config = mergeConfig(unit, defineConfig({ test: { maxWorkers: 2, testTimeout: 300_000 } }))
export default { ...config, test: { ...config.test, include: ['test/{sim,trouble}/**/*.test.ts'], exclude: [] } }

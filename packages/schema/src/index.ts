/**
 * TypeBox, as one file: it comes as 679 modules, and to load them took a third of the time until a daemon is ready
 * again. `npm run build` bundles this module with what it uses of them (scripts/bundle.mjs).
 */
export { type Static, type TSchema, type TString, Type } from 'typebox';
export { Value } from 'typebox/value';

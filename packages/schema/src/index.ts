/**
 * TypeBox, as one file: it comes as 679 modules, and to load them took a quarter of the time until a daemon is ready
 * again (1.3 s; 0.95 s since). `npm run build` bundles this module with what it uses of them (scripts/bundle.mjs).
 */
export { type Static, type TSchema, type TString, Type } from 'typebox';
export { Value } from 'typebox/value';

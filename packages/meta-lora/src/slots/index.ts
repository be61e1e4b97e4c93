export { loraSlots, type LoraSlots, type LoraSlotsOptions } from './lora-slots';
export { biasSlots, bothSlots, headSlots, noSlots, type HeadSlotsOptions, type PartSlot } from './part-slots';
export type { SlotKind } from './slot-kind';

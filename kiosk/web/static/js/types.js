/** What the kiosk and the page say to each other: kiosk/screen/state.py and kiosk/web/messages.py have the same. */

/** @typedef {"plain" | "ok" | "repeat" | "practice" | "warning" | "refused"} Tone */

/** @typedef {object} Banner
 * @property {string} key
 * @property {string} title
 * @property {string} help
 * @property {Tone} tone
 */

/** @typedef {object} Choice
 * @property {"not_me" | "yes" | "no"} name
 * @property {string} label
 */

/** @typedef {object} Card
 * @property {string} id
 * @property {Tone} tone
 * @property {string} title
 * @property {string} text
 * @property {string[]} notes
 * @property {string | null} receipt
 * @property {Choice[]} choices
 * @property {number} lasts_s
 * @property {number} choose_s
 * @property {string | null} voice
 */

/** @typedef {"inactive" | "socialisation" | "trial" | "active"} StageName */

/** @typedef {object} Chips
 * @property {string} at
 * @property {string} zone
 * @property {StageName} stage
 * @property {boolean} online
 * @property {number} waiting
 * @property {"gnss" | "site"} place
 * @property {boolean} clock
 * @property {boolean} room
 * @property {boolean} careful
 */

/** @typedef {object} Guide
 * @property {[number, number, number, number] | null} box
 * @property {string} hint
 * @property {string} key
 * @property {"turn_left" | "turn_right" | "blink" | "open_mouth" | "come_closer" | "hold" | null} asked
 * @property {number} progress
 */

/** @typedef {"ahead" | "left" | "right" | "up" | "down"} Pose */

/** @typedef {object} Enrolment
 * @property {string} name
 * @property {"look" | "alike" | "done" | "refused"} phase
 * @property {Pose[]} poses
 * @property {number} taken
 * @property {string} text
 */

/** @typedef {object} State
 * @property {number} number
 * @property {Banner} banner
 * @property {Card | null} card
 * @property {Chips | null} chips
 * @property {Enrolment | null} enrolment
 */

/** @typedef {object} Told
 * @property {string} text
 */

/** @typedef {object} SignedIn
 * @property {string} name
 */

/** @typedef {object} CheckMessage
 * @property {string} what
 * @property {boolean} ok
 * @property {string} text
 */

/** @typedef {object} Checks
 * @property {CheckMessage[]} checks
 */

/** @typedef {object} OverviewEntry
 * @property {string} at
 * @property {string} kind
 * @property {string} text
 * @property {string | null} masked
 */

/** @typedef {object} OverviewPerson
 * @property {string} id
 * @property {string} name
 * @property {string | null} masked_nip
 * @property {boolean} enrolled
 */

/** @typedef {object} Overview
 * @property {string} name
 * @property {StageName} stage
 * @property {string | null} decree
 * @property {string} version
 * @property {number} unsent
 * @property {number} waiting
 * @property {OverviewEntry[]} entries
 * @property {OverviewPerson[]} people
 */

/** @typedef {object} Labels
 * @property {"id" | "en"} language
 * @property {Record<string, string>} words
 */

/** @typedef {object} PageSettings
 * @property {"id" | "en"} language
 * @property {number} volume
 */

export {};

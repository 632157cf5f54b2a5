// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

/** How results are printed. */
enum OutputFormat {
    /** For people: aligned columns, human units. */
    TABLE,
    /** For programs: an array of objects, see docs/protocol.md. */
    JSON
}

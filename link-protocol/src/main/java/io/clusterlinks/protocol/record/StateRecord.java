// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

/** The value of a state record. Every kind carries {@code version}, the schema it was written with. */
public sealed interface StateRecord
        permits LinkRecord, MirrorRecord, PartitionRecord, RetiredRecord, AclRecord, GroupRecord {
    /** The schema that this code writes. */
    int VERSION = 1;

    StateKey key();
}

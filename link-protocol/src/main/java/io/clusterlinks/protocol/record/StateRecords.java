// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import io.clusterlinks.protocol.Json;
import java.nio.charset.StandardCharsets;

/** Bytes of state records: UTF-8 text keys, JSON values; a null value is a tombstone. */
public final class StateRecords {
    private StateRecords() {}

    public static byte[] key(StateKey key) {
        return key.text().getBytes(StandardCharsets.UTF_8);
    }

    public static byte[] value(StateRecord record) {
        return Json.write(record).getBytes(StandardCharsets.UTF_8);
    }

    public static StateKey parseKey(byte[] key) {
        return StateKey.parse(new String(key, StandardCharsets.UTF_8));
    }

    /** Parses the value that belongs to {@code key}. */
    public static StateRecord parseValue(StateKey key, byte[] value) {
        String json = new String(value, StandardCharsets.UTF_8);
        if (key instanceof StateKey.OfLink) {
            return Json.read(json, LinkRecord.class);
        }
        if (key instanceof StateKey.OfMirror) {
            return Json.read(json, MirrorRecord.class);
        }
        if (key instanceof StateKey.OfRetired) {
            return Json.read(json, RetiredRecord.class);
        }
        if (key instanceof StateKey.OfAcl) {
            return Json.read(json, AclRecord.class);
        }
        if (key instanceof StateKey.OfGroup) {
            return Json.read(json, GroupRecord.class);
        }
        return Json.read(json, PartitionRecord.class);
    }
}

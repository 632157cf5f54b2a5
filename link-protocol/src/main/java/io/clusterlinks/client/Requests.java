// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.WireContract;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;

/** Commands as entries on the wire. */
final class Requests {
    private Requests() {}

    static Collection<AlterConfigOp> createLink(Map<String, String> configs) {
        List<AlterConfigOp> ops = new ArrayList<>();
        ops.add(set(WireContract.CREATE, "true"));
        new TreeMap<>(configs).forEach((key, value) -> ops.add(set(key, value)));
        return ops;
    }

    static Collection<AlterConfigOp> alterLink(Map<String, String> set, Set<String> delete) {
        if (set.isEmpty() && delete.isEmpty()) {
            throw LinkException.invalid("Nothing to change: give configs to set or to delete.");
        }
        List<AlterConfigOp> ops = new ArrayList<>();
        new TreeMap<>(set).forEach((key, value) -> ops.add(set(key, value)));
        for (String key : new TreeSet<>(delete)) {
            if (set.containsKey(key)) {
                throw LinkException.invalidConfig("Config '" + key + "' is both set and deleted; choose one.");
            }
            ops.add(new AlterConfigOp(new ConfigEntry(key, ""), OpType.DELETE));
        }
        return ops;
    }

    static Collection<AlterConfigOp> deleteLink(boolean force) {
        return force
                ? List.of(state(DesiredState.DELETED), set(WireContract.FORCE, "true"))
                : List.of(state(DesiredState.DELETED));
    }

    static Collection<AlterConfigOp> desire(DesiredState state) {
        return List.of(state(state));
    }

    static Collection<AlterConfigOp> repair() {
        return List.of(state(DesiredState.ACTIVE), set(WireContract.REPAIR, "true"));
    }

    static Collection<AlterConfigOp> createMirror(NewMirror mirror) {
        List<AlterConfigOp> ops = new ArrayList<>();
        ops.add(state(DesiredState.ACTIVE));
        ops.add(set(WireContract.CREATE, "true"));
        if (mirror.adopt()) {
            ops.add(set(WireContract.ADOPT, "true"));
        }
        addIfGiven(ops, WireContract.SOURCE_TOPIC, mirror.sourceTopic());
        addIfGiven(ops, WireContract.REPLICATION_FACTOR, mirror.replicationFactor());
        addIfGiven(ops, WireContract.START_OFFSET_SPEC, mirror.startOffsetSpec());
        new TreeMap<>(mirror.topicConfigs())
                .forEach((key, value) -> ops.add(set(WireContract.TOPIC_CONFIG_PREFIX + key, value)));
        return ops;
    }

    private static void addIfGiven(List<AlterConfigOp> ops, String key, Object value) {
        if (value != null) {
            ops.add(set(key, value.toString()));
        }
    }

    private static AlterConfigOp state(DesiredState state) {
        return set(WireContract.DESIRED_STATE, state.name());
    }

    private static AlterConfigOp set(String key, String value) {
        return new AlterConfigOp(new ConfigEntry(key, value), OpType.SET);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Command;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns the entries of a link resource into a command. Fails with a {@link LinkException} that names the entry. */
final class CommandParser {
    private final Alteration alteration;
    private final Map<String, String> set = new HashMap<>();
    private final Set<String> delete = new HashSet<>();

    private CommandParser(Alteration alteration) {
        this.alteration = alteration;
        for (Op op : alteration.ops()) {
            if (op.name().startsWith(WireContract.STATUS_PREFIX)) {
                throw LinkException.invalidConfig("'" + op.name() + "' is read-only.");
            }
            switch (op.type()) {
                case SET -> set.put(op.name(), op.value() == null ? "" : op.value());
                case DELETE -> delete.add(op.name());
                case APPEND, SUBTRACT ->
                    throw LinkException.invalidConfig("'" + op.name() + "': link resources know SET and DELETE only.");
            }
        }
    }

    static Command parse(Alteration alteration) {
        CommandParser parser = new CommandParser(alteration);
        if (alteration.resource() instanceof LinkResource.Link link) {
            return parser.link(link.link());
        }
        if (alteration.resource() instanceof LinkResource.Mirror mirror) {
            return parser.mirror(mirror);
        }
        throw LinkException.invalid("'" + alteration.name() + "' cannot be altered; alter a link or a mirror topic.");
    }

    private Command link(String link) {
        Optional<DesiredState> desired = take(WireContract.DESIRED_STATE).map(DesiredState::parse);
        boolean create = takeFlag(WireContract.CREATE);
        boolean force = takeFlag(WireContract.FORCE);
        if (desired.equals(Optional.of(DesiredState.DELETED))) {
            if (create || !set.isEmpty() || !delete.isEmpty()) {
                throw LinkException.invalid(
                        "Deleting link '" + link + "' cannot be combined with other changes of it.");
            }
            return new Command.DeleteLink(link, force);
        }
        desired.ifPresent(state -> set.put(LinkConfig.PAUSED, pausedValue(link, state)));
        for (String name : delete) {
            if (!LinkConfig.isKnown(name)) {
                throw LinkException.invalidConfig("Unknown link config '" + name + "'.");
            }
        }
        return new Command.PutLink(link, create, set, delete);
    }

    private static String pausedValue(String link, DesiredState state) {
        return switch (state) {
            case ACTIVE -> "false";
            case PAUSED -> "true";
            case PROMOTED, FAILED_OVER, DELETED ->
                throw LinkException.invalidConfig("Link '" + link
                        + "' can be ACTIVE, PAUSED or DELETED; mirror topics are promoted and failed over, not links.");
        };
    }

    private Command mirror(LinkResource.Mirror mirror) {
        DesiredState desired =
                take(WireContract.DESIRED_STATE).map(DesiredState::parse).orElse(null);
        if (takeFlag(WireContract.CREATE)) {
            return createMirror(mirror, desired);
        }
        boolean repair = takeFlag(WireContract.REPAIR);
        refuseRest(mirror, "is fixed when the mirror is created");
        if (desired == null) {
            throw LinkException.invalid("Nothing is asked of mirror topic '" + mirror.topic() + "': set "
                    + WireContract.DESIRED_STATE + ".");
        }
        if (repair && desired != DesiredState.ACTIVE) {
            throw LinkException.invalidConfig("'" + WireContract.REPAIR + "' of mirror topic '" + mirror.topic()
                    + "' goes with " + WireContract.DESIRED_STATE + "=" + DesiredState.ACTIVE + ", not with " + desired
                    + ".");
        }
        return repair
                ? new Command.RepairMirror(mirror.link(), mirror.topic())
                : new Command.SetMirrorState(mirror.link(), mirror.topic(), desired);
    }

    private Command createMirror(LinkResource.Mirror mirror, DesiredState desired) {
        if (desired != null && desired != DesiredState.ACTIVE) {
            throw LinkException.invalidConfig(
                    "A new mirror is " + DesiredState.ACTIVE + ", it cannot be " + desired + ".");
        }
        boolean adopt = takeFlag(WireContract.ADOPT);
        if (adopt) {
            refuseForAdopted(mirror);
        }
        Optional<String> source = take(WireContract.SOURCE_TOPIC);
        short replicationFactor = take(WireContract.REPLICATION_FACTOR)
                .map(CommandParser::replicationFactor)
                .orElse((short) -1);
        Optional<String> spec = take(WireContract.START_OFFSET_SPEC).map(LinkConfig::checkStartOffsetSpec);
        Map<String, String> configs = new HashMap<>();
        for (String name : Set.copyOf(set.keySet())) {
            if (name.startsWith(WireContract.TOPIC_CONFIG_PREFIX)) {
                configs.put(name.substring(WireContract.TOPIC_CONFIG_PREFIX.length()), set.remove(name));
            }
        }
        refuseRest(mirror, "is no property of a mirror");
        return new Command.CreateMirror(mirror.link(), mirror.topic(), source, replicationFactor, spec, configs, adopt);
    }

    /** A topic that is here has its replicas, configs and beginning already. */
    private void refuseForAdopted(LinkResource.Mirror mirror) {
        set.keySet().stream()
                .filter(name -> !name.equals(WireContract.SOURCE_TOPIC))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw LinkException.invalidConfig("'" + name + "' does not go with '" + WireContract.ADOPT
                            + "': topic '" + mirror.topic() + "' is taken over as it is.");
                });
    }

    private static short replicationFactor(String value) {
        try {
            short factor = Short.parseShort(value);
            if (factor == -1 || factor >= 1) {
                return factor;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw LinkException.invalidConfig(
                WireContract.REPLICATION_FACTOR + " '" + value + "' is not a number of replicas; use 1 or more.");
    }

    private void refuseRest(LinkResource.Mirror mirror, String why) {
        Set<String> rest = new HashSet<>(set.keySet());
        rest.addAll(delete);
        rest.stream().sorted().findFirst().ifPresent(name -> {
            throw LinkException.invalidConfig("'" + name + "' of mirror topic '" + mirror.topic() + "' " + why + ".");
        });
    }

    private Optional<String> take(String name) {
        if (delete.contains(name)) {
            throw LinkException.invalidConfig("'" + name + "' can be set, not deleted.");
        }
        return Optional.ofNullable(set.remove(name));
    }

    private boolean takeFlag(String name) {
        String value = take(name).orElse("false");
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw LinkException.invalidConfig("'" + name + "' is true or false, not '" + value + "'.");
        }
        return Boolean.parseBoolean(value);
    }
}

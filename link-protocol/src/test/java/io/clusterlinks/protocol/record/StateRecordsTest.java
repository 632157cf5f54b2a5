// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StateRecordsTest {
    private static final LinkRecord LINK = new LinkRecord(
            1, "east", "Zm9vYmFyYmF6cXV4MTIzNA", Map.of("bootstrap.servers", "east:9092"), false, 1767225600000L);

    private static final MirrorRecord MIRROR = new MirrorRecord(
            1,
            "east",
            "orders",
            "orders",
            "b0t1c2d3e4f5a6b7c8d9e0",
            "a0b1c2d3e4f5a6b7c8d9e0",
            1,
            1,
            (short) -1,
            Map.of("cleanup.policy", "delete"),
            "earliest",
            List.of(),
            false,
            MirrorState.ACTIVE,
            StopMode.NONE,
            null,
            null,
            1767225601000L,
            List.of());

    private static final MirrorRecord STOPPING = new MirrorRecord(
            1,
            "east",
            "a.b/c",
            "ö",
            null,
            null,
            3,
            2,
            (short) 3,
            Map.of(),
            "2026-01-31T00:00:00Z",
            List.of(7L, 8L),
            true,
            MirrorState.PENDING_STOPPED,
            StopMode.DRAIN,
            MirrorState.PAUSED,
            "said \"why\"\nand what to do",
            5,
            List.of(new LinkEvent(7, -1, "one"), new LinkEvent(8, 2, "two")));

    private static final PartitionRecord PARTITION = new PartitionRecord(
            1,
            "orders",
            0,
            "b0t1c2d3e4f5a6b7c8d9e0",
            3,
            2,
            0,
            List.of(new SourceEpoch(4, 0)),
            new Truncation(7, 4, List.of(2, 0, 1)),
            List.of(new Cut(5, 2)),
            List.of(new LeaderEpochs(1, 2)),
            Phase.MIRRORING,
            -1,
            -1,
            null,
            true);

    private static final PartitionRecord STOPPED_PARTITION = new PartitionRecord(
            1,
            "orders",
            11,
            "b0t1c2d3e4f5a6b7c8d9e0",
            5,
            9,
            Long.MAX_VALUE - 1,
            List.of(new SourceEpoch(0, 5), new SourceEpoch(7, Long.MAX_VALUE)),
            null,
            List.of(),
            List.of(),
            Phase.STOPPED,
            Long.MAX_VALUE,
            7,
            "why",
            false);

    static Stream<StateRecord> records() {
        return Stream.of(LINK, LINK.withDeleting(), MIRROR, STOPPING, PARTITION, STOPPED_PARTITION);
    }

    @ParameterizedTest
    @MethodSource("records")
    void recordsSurviveTheRoundTrip(StateRecord record) {
        byte[] value = StateRecords.value(record);

        assertThat(StateRecords.parseValue(record.key(), value)).isEqualTo(record);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void keysSurviveTheRoundTrip(StateKey key) {
        assertThat(StateRecords.parseKey(StateRecords.key(key))).isEqualTo(key);
    }

    static Stream<StateKey> keys() {
        return Stream.of(
                new StateKey.OfLink("east"),
                new StateKey.OfMirror("a.b"),
                new StateKey.OfPartition("a.b", 100),
                new StateKey.OfRetired("east", "a.b"),
                new StateKey.OfAcl("east", "0f"),
                new GroupRecord(1, "east", "consumer", "any / name").key());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "link",
                "link/",
                "link/x/",
                "links/east",
                "mirror/a/b/c",
                "partition/a",
                "partition/a/x",
                "x/y"
            })
    void otherKeysAreCorrupt(String key) {
        assertThatThrownBy(() -> StateKey.parse(key))
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isEqualTo(Errors.CORRUPT_MESSAGE));
    }

    @Test
    void otherValuesAreCorrupt() {
        byte[] value = "{\"version\":".getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> StateRecords.parseValue(LINK.key(), value))
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isEqualTo(Errors.CORRUPT_MESSAGE));
    }

    @Test
    void fieldsOfLaterVersionsAreIgnored() {
        String json = new String(StateRecords.value(PARTITION), StandardCharsets.UTF_8);
        String later = json.replaceFirst("\\{", "{\"newField\":{\"a\":[1]},");

        assertThat(StateRecords.parseValue(PARTITION.key(), later.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(PARTITION);
    }

    /** Written before there were cuts to keep, and unclaimed epochs to remember. */
    @Test
    void aPartitionWithoutCutsKeepsNone() {
        String json = new String(StateRecords.value(PARTITION), StandardCharsets.UTF_8);
        String earlier = json.replaceFirst("\"cuts\":\\[.*?],", "").replaceFirst("\"unclaimed\":\\[.*?],", "");

        StateRecord read = StateRecords.parseValue(PARTITION.key(), earlier.getBytes(StandardCharsets.UTF_8));

        assertThat(earlier).doesNotContain("cuts", "unclaimed");
        assertThat(((PartitionRecord) read).cuts()).isEmpty();
        assertThat(((PartitionRecord) read).unclaimed()).isEmpty();
    }

    @Test
    void examplesInTheDocumentationAreRealRecords() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "protocol.md"));

        for (StateRecord record : List.of(LINK, MIRROR, PARTITION)) {
            assertThat(page)
                    .contains(record.key().text() + "\t"
                            + new String(StateRecords.value(record), StandardCharsets.UTF_8));
        }
    }
}

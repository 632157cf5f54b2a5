// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import static io.clusterlinks.protocol.MirrorState.ACTIVE;
import static io.clusterlinks.protocol.MirrorState.FAILED;
import static io.clusterlinks.protocol.MirrorState.INITIALIZING;
import static io.clusterlinks.protocol.MirrorState.PAUSED;
import static io.clusterlinks.protocol.MirrorState.PENDING_STOPPED;
import static io.clusterlinks.protocol.MirrorState.SOURCE_UNAVAILABLE;
import static io.clusterlinks.protocol.MirrorState.STOPPED;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MirrorStateTest {
    /** The arrows of the diagram beside the enum. */
    private static final Map<MirrorState, Set<MirrorState>> ARROWS = Map.of(
            INITIALIZING, Set.of(ACTIVE, FAILED, PENDING_STOPPED, STOPPED),
            ACTIVE, Set.of(PAUSED, SOURCE_UNAVAILABLE, FAILED, PENDING_STOPPED),
            PAUSED, Set.of(ACTIVE, FAILED, PENDING_STOPPED),
            SOURCE_UNAVAILABLE, Set.of(ACTIVE, PAUSED, FAILED, PENDING_STOPPED),
            FAILED, Set.of(ACTIVE, PENDING_STOPPED),
            PENDING_STOPPED, Set.of(STOPPED, ACTIVE, PAUSED, FAILED),
            STOPPED, Set.of());

    @ParameterizedTest
    @MethodSource("everyPair")
    void transitionsAreThoseOfTheDiagram(MirrorState from, MirrorState to) {
        assertThat(from.canTransitionTo(to)).isEqualTo(ARROWS.get(from).contains(to));
    }

    static Stream<Arguments> everyPair() {
        return Arrays.stream(MirrorState.values())
                .flatMap(from -> Arrays.stream(MirrorState.values()).map(to -> Arguments.of(from, to)));
    }

    @ParameterizedTest
    @EnumSource(value = MirrorState.class, mode = EnumSource.Mode.EXCLUDE, names = "STOPPED")
    void everythingButAStoppedMirrorIsReadOnlyAndCanBeFailedOver(MirrorState state) {
        assertThat(state.isReadOnly()).isTrue();
        assertThat(state == PENDING_STOPPED || state.canTransitionTo(PENDING_STOPPED))
                .isTrue();
    }

    @Test
    void stoppedIsFinalAndWritable() {
        assertThat(STOPPED.isReadOnly()).isFalse();
        assertThat(MirrorState.values()).noneMatch(STOPPED::canTransitionTo);
    }
}

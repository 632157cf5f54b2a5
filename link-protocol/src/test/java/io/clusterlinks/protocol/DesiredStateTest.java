// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DesiredStateTest {
    @ParameterizedTest
    @EnumSource(DesiredState.class)
    void caseDoesNotMatter(DesiredState state) {
        assertThat(DesiredState.parse(state.name())).isEqualTo(state);
        assertThat(DesiredState.parse(state.name().toLowerCase(java.util.Locale.ROOT)))
                .isEqualTo(state);
    }

    @Test
    void otherStatesAreRefusedWithThoseThatExist() {
        assertThatThrownBy(() -> DesiredState.parse("stopped"))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("'stopped'")
                .hasMessageContaining("FAILED_OVER");
    }
}

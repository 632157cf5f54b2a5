// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.protocol.LinkResource;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.MessageUtil;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardedRequestsTest {
    private static final int LIMIT = LongValues.MAX_CHARS;

    private static final Op DELETION = new Op("deleted", OpType.DELETE, null);
    private static final Op LAST = new Op("last", OpType.SET, "end");

    private static List<Op> overTheWire(Op op) {
        Alteration alteration = new Alteration(new LinkResource.Index(), List.of(DELETION, op, LAST));
        short version = ApiKeys.INCREMENTAL_ALTER_CONFIGS.latestVersion();
        ForwardedRequests.Alterations alterations = new ForwardedRequests.Alterations(false);
        alterations.add(alteration, "User:a");
        IncrementalAlterConfigsRequestData sent =
                alterations.request().build(version).data();
        IncrementalAlterConfigsRequestData received =
                new IncrementalAlterConfigsRequestData(MessageUtil.toByteBufferAccessor(sent, version), version);
        List<Op> ops = new ArrayList<>();
        received.resources()
                .iterator()
                .next()
                .configs()
                .forEach(it -> ops.add(new Op(it.name(), OpType.forId(it.configOperation()), it.value())));
        // The first says on whose behalf.
        return LongValues.join(ops.subList(1, ops.size()));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, LIMIT - 1, LIMIT, LIMIT + 1, 2 * LIMIT, 1_000_000})
    void aValueOfAnyLengthArrives(int length) {
        Op op = new Op("report", OpType.SET, "7".repeat(length));

        assertThat(overTheWire(op)).containsExactly(DELETION, op, LAST);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "ü", "漢", "😀", "a😀"})
    void aValueOfAnyCharactersArrives(String some) {
        Op op = new Op("report", OpType.SET, some.repeat(50_000));

        assertThat(overTheWire(op)).containsExactly(DELETION, op, LAST);
    }
}

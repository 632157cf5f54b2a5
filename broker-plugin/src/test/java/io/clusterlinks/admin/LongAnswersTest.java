// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.TaskItem;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.MessageUtil;
import org.junit.jupiter.api.Test;

class LongAnswersTest {
    private static final String LONG = "\u20ac".repeat(16_400);

    @Test
    void whatFitsStaysAsItIs() {
        assertThat(LongAnswers.fitting("short")).isEqualTo("short");
        assertThat(LongAnswers.fitting(null)).isNull();
    }

    @Test
    void longTextsWithinJsonAreShortenedAndItIsJsonStill() {
        String json = LongAnswers.fitting(
                Json.write(Map.of("group", LONG, "troubles", List.of(new TaskItem(LONG, "UNREADABLE", LONG)))));

        assertThat(LongAnswers.fits(json)).isTrue();
        assertThat(Json.read(json, Map.class).get("group").toString())
                .startsWith("\u20ac")
                .endsWith("...");
    }

    /** One that cannot be put into bytes is never sent, and who asked waits. */
    @Test
    void everyAnswerCanBePutIntoBytes() {
        List<Entry> entries = List.of(
                new Entry("status.group." + LONG, "unnameable", false, true, false),
                new Entry("status.reason", LONG + LONG, false, true, false));
        DescribeConfigsResponseData data = new DescribeConfigsResponseData()
                .setResults(List.of(
                        DescribeAnswers.result("link", entries, null),
                        DescribeAnswers.refusal((byte) 2, "link", LinkException.invalid(LONG))));

        MessageUtil.toVersionPrefixedByteBuffer(ApiKeys.DESCRIBE_CONFIGS.latestVersion(), data);

        assertThat(data.results().get(0).configs()).hasSize(1);
        assertThat(data.results().get(1).errorMessage()).endsWith("...");
    }
}

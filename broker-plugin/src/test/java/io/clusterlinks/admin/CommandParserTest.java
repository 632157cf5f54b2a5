// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Command;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.junit.jupiter.api.Test;

class CommandParserTest {
    private static final LinkResource LINK = new LinkResource.Link("east");
    private static final LinkResource MIRROR = new LinkResource.Mirror("east", "orders");

    @Test
    void linkConfigsAreSetAndDeleted() {
        assertThat(parse(LINK, set("create", "true"), set("bootstrap.servers", "h:1"), delete("client.rack")))
                .isEqualTo(
                        new Command.PutLink("east", true, Map.of("bootstrap.servers", "h:1"), Set.of("client.rack")));
    }

    @Test
    void pausingALinkSetsItsConfig() {
        assertThat(parse(LINK, set("desired.state", "paused")))
                .isEqualTo(new Command.PutLink("east", false, Map.of("cluster.link.paused", "true"), Set.of()));
    }

    @Test
    void deletingALinkStandsAlone() {
        assertThat(parse(LINK, set("desired.state", "DELETED"), set("force", "true")))
                .isEqualTo(new Command.DeleteLink("east", true));
        assertThatThrownBy(() -> parse(LINK, set("desired.state", "DELETED"), set("client.rack", "a")))
                .isInstanceOf(LinkException.class);
    }

    @Test
    void aMirrorIsCreatedWithWhatWasGiven() {
        assertThat(parse(
                        MIRROR,
                        set("create", "true"),
                        set("source.topic", "o"),
                        set("replication.factor", "3"),
                        set("mirror.start.offset.spec", "latest"),
                        set("topic.config.override.min.insync.replicas", "2")))
                .isEqualTo(new Command.CreateMirror(
                        "east",
                        "orders",
                        Optional.of("o"),
                        (short) 3,
                        Optional.of("latest"),
                        Map.of("min.insync.replicas", "2"),
                        false));
    }

    @Test
    void aMirrorsWishIsParsed() {
        assertThat(parse(MIRROR, set("desired.state", "FAILED_OVER")))
                .isEqualTo(new Command.SetMirrorState("east", "orders", DesiredState.FAILED_OVER));
    }

    @Test
    void aTopicIsAdoptedAsItIs() {
        assertThat(parse(MIRROR, set("create", "true"), set("adopt", "true"), set("source.topic", "o")))
                .isEqualTo(new Command.CreateMirror(
                        "east", "orders", Optional.of("o"), (short) -1, Optional.empty(), Map.of(), true));
        assertRefused(
                MIRROR,
                "replication.factor",
                set("create", "true"),
                set("adopt", "true"),
                set("replication.factor", "3"));
        assertRefused(
                MIRROR,
                "mirror.start.offset.spec",
                set("create", "true"),
                set("adopt", "true"),
                set("mirror.start.offset.spec", "latest"));
        assertRefused(MIRROR, "adopt", set("desired.state", "ACTIVE"), set("adopt", "true"));
    }

    @Test
    void aRepairIsAWishToFollowAgain() {
        assertThat(parse(MIRROR, set("desired.state", "ACTIVE"), set("repair", "true")))
                .isEqualTo(new Command.RepairMirror("east", "orders"));
        assertRefused(MIRROR, "repair", set("desired.state", "PAUSED"), set("repair", "true"));
        assertRefused(MIRROR, "Nothing is asked", set("repair", "true"));
    }

    @Test
    void whatIsWrongIsNamed() {
        assertRefused(LINK, "status.state", set("status.state", "ACTIVE"));
        assertRefused(LINK, "sideways", set("desired.state", "sideways"));
        assertRefused(LINK, "mirror topics are promoted", set("desired.state", "PROMOTED"));
        assertRefused(LINK, "no.such.config", delete("no.such.config"));
        assertRefused(LINK, "SET and DELETE only", new Op("client.rack", OpType.APPEND, "a"));
        assertRefused(MIRROR, "source.topic", set("desired.state", "ACTIVE"), set("source.topic", "o"));
        assertRefused(MIRROR, "replication.factor", set("create", "true"), set("replication.factor", "0"));
        assertRefused(
                MIRROR, "mirror.start.offset.spec", set("create", "true"), set("mirror.start.offset.spec", "soon"));
        assertRefused(MIRROR, "color", set("create", "true"), set("color", "red"));
        assertRefused(MIRROR, "Nothing is asked");
        assertRefused(new LinkResource.Group("east", "g"), "cannot be altered", set("desired.state", "ACTIVE"));
    }

    private static void assertRefused(LinkResource resource, String named, Op... ops) {
        assertThatThrownBy(() -> parse(resource, ops))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining(named);
    }

    private static Command parse(LinkResource resource, Op... ops) {
        return CommandParser.parse(new Alteration(resource, List.of(ops)));
    }

    private static Op set(String name, String value) {
        return new Op(name, OpType.SET, value);
    }

    private static Op delete(String name) {
        return new Op(name, OpType.DELETE, null);
    }
}

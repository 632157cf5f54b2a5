// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.client.FakeCluster;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class MirrorCommandsTest extends CommandTest {
    @Test
    void mirrorConfigsAreTopicConfigsButForTwo() {
        assertThat(run("mirrors create --link east --topic t --config replication.factor=2 --config"
                        + " mirror.start.offset.spec=latest --config retention.ms=5"))
                .isZero();

        assertThat(cluster.writes.get(1).get("__cluster_link.east.topic.t"))
                .contains(
                        "SET replication.factor=2",
                        "SET mirror.start.offset.spec=latest",
                        "SET topic.config.override.retention.ms=5");
    }

    @Test
    void createWaitsUntilLevel() {
        cluster.onCreate(mirror -> {
            mirror.lags.clear();
            // One per poll; within a second only the first is shown.
            mirror.lags.addAll(List.of(5000L, 4000L, 3500L, 3000L, 2500L, 2000L, 1000L, 0L));
        });

        assertThat(run("mirrors create --link east --topic t --wait")).isZero();

        assertThat(err.lines())
                .containsExactly(
                        "t: ACTIVE, lag 5,000 records, 10.0 s",
                        "t: ACTIVE, lag 2,000 records, 4.0 s",
                        "t: level with the source");
    }

    @Test
    void createStopsWaitingForAMirrorThatFailed() {
        cluster.onCreate(mirror -> {
            mirror.state = MirrorState.FAILED;
            mirror.reason = "The source topic is gone.";
        });

        assertThat(run("mirrors create --link east --topic t --wait")).isEqualTo(1);

        assertThat(err)
                .contains("Error: Topic 't' is not level with the source: it is FAILED: The source topic is gone.");
    }

    @Test
    void adoptionWaitsForTheComparisonAndTellsTheDifference() {
        cluster.onCreate(mirror -> {
            mirror.state = MirrorState.STOPPED;
            mirror.reason = "Not adopted: t-0 differs from the source at offset 7.";
        });

        assertThat(run("mirrors create --link east --topic t --adopt")).isEqualTo(1);

        assertThat(cluster.writes
                        .get(cluster.writes.size() - 1)
                        .values()
                        .iterator()
                        .next())
                .contains("SET adopt=true", "SET create=true");
        assertThat(err).contains("Error: Topic 't' is not adopted: it is STOPPED: Not adopted: t-0 differs");
    }

    @Test
    void adoptionEndsWhenTheMirrorFollows() {
        assertThat(run("mirrors create --link east --topic t --adopt")).isZero();
        assertThat(err.lines()).contains("t: adopted");
        assertThat(out)
                .contains("Adoption of mirror topic 't' of link 'east' is under way")
                .doesNotContain("Created");
    }

    @Test
    void adoptionTakesTheTopicAsItIs() {
        assertThat(run("mirrors create --link east --topic t --adopt --replication-factor 3"))
                .isEqualTo(2);
        assertThat(run("mirrors create --link east --topic t --adopt --config a=b"))
                .isEqualTo(2);
    }

    @Test
    void repairAsksForItAndWaitsUntilTheMirrorIsLevelAgain() {
        run("mirrors create --link east --topic t");
        cluster.mirror("east", "t").state = MirrorState.FAILED;

        assertThat(run("mirrors repair --topic t --dry-run")).isZero();
        assertThat(cluster.mirror("east", "t").state).isEqualTo(MirrorState.FAILED);
        assertThat(run("mirrors repair --topic t --wait")).isZero();

        assertThat(cluster.writes
                        .get(cluster.writes.size() - 1)
                        .values()
                        .iterator()
                        .next())
                .containsExactly("SET desired.state=ACTIVE", "SET repair=true");
        assertThat(err).contains("t: level with the source");
    }

    @Test
    void promoteFindsTheLinkAndWaits() {
        run("mirrors create --link east --topic t");
        cluster.mirror("east", "t").lags.addAll(List.of(9L, 7L, 0L));

        assertThat(run("mirrors promote --topic t --wait")).isZero();

        assertThat(out.strip()).isEqualTo("Promoted mirror topic 't' of link 'east': it is writable now.");
        assertThat(err).contains("t: PENDING_STOPPED, lag 7 records").endsWith("t: stopped" + System.lineSeparator());
        assertThat(cluster.mirror("east", "t").state).isEqualTo(MirrorState.STOPPED);
    }

    @Test
    void manyTopicsAreSummedUpInOneLine() {
        String topics = " --topic a --topic b --topic c --topic d --topic e --topic f";
        run("mirrors create --link east" + topics);
        cluster.mirror("east", "f").lags.addAll(List.of(7L, 0L));

        assertThat(run("mirrors promote --all --link east --wait")).isZero();

        assertThat(err.lines()).containsExactly("5 of 6 stopped, lag 7 records, 0.0 s", "6 of 6 stopped");
    }

    @Test
    void promotionThatTakesTooLongIsGivenUp() {
        run("mirrors create --link east --topic t");
        cluster.mirror("east", "t").lags.clear();
        cluster.mirror("east", "t").lags.add(9L);
        cluster.mirror("east", "t").reason = "The source is still written to.";

        assertThat(run("mirrors promote --topic t --wait --wait-timeout 3")).isEqualTo(1);

        assertThat(out).isEmpty();
        assertThat(err)
                .contains("'t' was not level with the source within 3 s; its promotion was given up")
                .contains("again. The source is still written to.");
        assertThat(cluster.mirror("east", "t").state).isEqualTo(MirrorState.ACTIVE);
    }

    /** By another operator: what was promised of a promotion does not hold. */
    @Test
    void aTopicThatIsFailedOverMeanwhileIsNotSaidToBePromoted() {
        run("mirrors create --link east --topic t");
        FakeCluster.Mirror mirror = cluster.mirror("east", "t");
        mirror.lags.clear();
        mirror.lags.addAll(List.of(9L, 9L, 9L));
        mirror.onLag = () -> mirror.desired = mirror.lags.size() == 1 ? DesiredState.FAILED_OVER : mirror.desired;

        assertThat(run("mirrors promote --topic t --wait")).isEqualTo(1);

        assertThat(out).isEmpty();
        assertThat(err).contains("'t' was failed over meanwhile");
    }

    @Test
    void waitsForACoordinatorThatIsReadingTheState() {
        run("mirrors create --link east --topic t");
        FakeCluster.Mirror mirror = cluster.mirror("east", "t");
        mirror.lags.addAll(List.of(9L, 9L, 0L));
        mirror.onLag = () -> {
            if (mirror.lags.size() == 2) {
                mirror.onLag = () -> {};
                throw new LinkException(Errors.COORDINATOR_LOAD_IN_PROGRESS, "Broker 1 is reading __cluster_links.");
            }
        };

        assertThat(run("mirrors promote --topic t --wait --wait-timeout 9223372036854775"))
                .isZero();
    }

    @Test
    void aLinkThatIsDeletedMeanwhileHidesNoMirrorsOfOthers() {
        run("create --link west --config bootstrap.servers=c:1");
        run("mirrors create --link east --topic t");
        cluster.deletedOnceListed = "west";

        assertThat(run("mirrors list")).isZero();

        assertThat(out).contains("t ");
    }

    @Test
    void allMeansAllThatAreNotStopped() {
        run("mirrors create --link east --topic a --topic b");
        cluster.mirror("east", "a").state = MirrorState.STOPPED;

        assertThat(run("mirrors failover --all --link east --wait")).isZero();

        assertThat(out).contains("'b'").doesNotContain("'a'");
    }

    @Test
    void oneThatHasStoppedIsNotSaidToStop() {
        run("mirrors create --link east --topic a --topic b");
        cluster.mirror("east", "a").state = MirrorState.STOPPED;

        assertThat(run("mirrors failover --topic a")).isZero();
        assertThat(out.strip())
                .isEqualTo(
                        "Nothing to do: mirror topic 'a' of link 'east' has stopped already, the topic is writable.");

        assertThat(run("mirrors failover --topic a --topic b --dry-run")).isZero();
        assertThat(out.lines())
                .containsExactly(
                        "Nothing to do: mirror topic 'a' of link 'east' has stopped already, the topic is writable.",
                        "Dry run: would fail over mirror topic 'b' of link 'east'; nothing was changed.");

        assertThat(run("mirrors promote --topic a --wait")).isZero();
        assertThat(out).startsWith("Nothing to do");

        assertThat(run("mirrors failover --topic a --topic b --wait --output json"))
                .isZero();
        assertThat(json().findValuesAsText("note"))
                .containsExactlyInAnyOrder(
                        "Nothing to do: mirror topic 'a' of link 'east' has stopped already, the topic is writable.",
                        "null");
    }

    @Test
    void unknownTopicsAreNamed() {
        assertThat(run("mirrors pause --topic ghost")).isEqualTo(1);
        assertThat(err).contains("'ghost' is not a mirror topic of any link");
        assertThat(run("mirrors describe --topic ghost --link east")).isEqualTo(1);
        assertThat(err).contains("'ghost' is not a mirror topic of link 'east'");
    }

    @Test
    void oneRefusedTopicIsNamedAndTheOthersGoThrough() {
        run("mirrors create --link east --topic a");

        assertThat(run("mirrors create --link east --topic a --topic b")).isEqualTo(1);

        assertThat(err).isEqualTo("Error: Mirror topic 'a' already exists." + System.lineSeparator());
        assertThat(out).contains("Created mirror topic 'b'");
    }

    @Test
    void tablesAreAligned() {
        run("mirrors create --link east --topic t --topic longer");

        assertThat(run("mirrors list")).isZero();

        assertThat(out.lines())
                .containsExactly(
                        "LINK  TOPIC   SOURCE TOPIC  STATE   PARTITIONS  LAG RECORDS  LAG TIME  REASON",
                        "east  longer  longer        ACTIVE           1            0     0.0 s  -",
                        "east  t       t             ACTIVE           1            0     0.0 s  -");
    }

    @Test
    void describeShowsLeadersOffsetsLagAndEvents() {
        run("mirrors create --link east --topic t");

        assertThat(run("mirrors describe --topic t")).isZero();

        assertThat(out)
                .contains("Source topic:  t")
                .contains("1970-01-01T00:00:01Z (9.0 s ago)")
                .contains("4.0 KiB")
                .contains("partition 0: dropped 3 records");
    }
}
